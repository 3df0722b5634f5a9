"""Between protobuf and the domain of backfills. Pure."""

from datetime import date

from montrg.aggregation.v1 import backfill_service_pb2 as pb2

from services.aggregation.backfill.domain import Backfill, Difference, Status

MOST_INT32 = 2**31 - 1


def backfill_to_proto(backfill: Backfill) -> pb2.Backfill:
    """Converts a backfill."""
    return pb2.Backfill(
        backfill_id=backfill.backfill_id,
        start_date=_day(backfill.start_date),
        end_date=_day(backfill.end_date),
        state=backfill.state.value,
        progress=backfill.progress,
        cells=min(backfill.cells, MOST_INT32),
        changed=min(backfill.changed, MOST_INT32),
        reason=backfill.reason,
        create_time=backfill.create_time,
        update_time=backfill.update_time,
    )


def verified_to_proto(message: Difference | Status) -> pb2.VerifyRollupsResponse:
    """Converts what a verification says."""
    status = message.status if isinstance(message, Difference) else message
    if isinstance(message, Difference):
        kind = pb2.VerifyRollupsResponse.DIFFERENCE
    else:
        kind = pb2.VerifyRollupsResponse.DONE if status.is_done else pb2.VerifyRollupsResponse.PROGRESS
    return pb2.VerifyRollupsResponse(
        kind=kind,
        difference=message.words if isinstance(message, Difference) else "",
        progress=status.progress,
        verified=status.verified,
        differences=status.differences,
        note=status.note,
    )


def _day(day: date | None) -> str | None:
    return None if day is None else f"{day:%Y%m%d}"
