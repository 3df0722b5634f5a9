"""The words of the messages in Korean."""

from services.alert.notify.texts.phrases import Phrases

PHRASES = Phrases(
    levels={"yellow": "관심", "orange": "주의", "red": "경고", "critical": "위험"},
    causes={
        "raised": "[{level}] {place} {what}",
        "level_up": "[{level}] {place} {what}: {before} → {level} 상승",
        "level_down": "[{level}] {place} {what}: {before} → {level} 하강",
        "cleared": "[해제] {place} {what}",
        "repeated": "[{level}] {place} {what}: 지속 중",
        "escalated": "[{level}] {place} {what}: 확인되지 않음",
    },
    types={
        "threshold": "{metric} 기준 초과",
        "no_data": "센서 무응답",
        "suspect": "센서 이상 의심",
        "manual": "수동 경보",
    },
    metrics={"temperature": "온도", "humidity": "습도", "pcv_temperature": "체감온도"},
    labels={
        "place": "장소",
        "sensor": "센서",
        "level": "단계",
        "value": "측정값",
        "since": "발생 시각",
        "cleared": "해제 시각",
        "message": "내용",
        "acknowledged": "확인",
        "law": "조치 사항",
        "link": "자세히",
    },
    advice=(
        (
            38.0,
            "체감온도 38℃ 이상: 긴급조치 작업 외 옥외작업 중지(고용노동부 권고). 열사병 의심 시 지체 없이 119에 신고.",
        ),
        (
            35.0,
            "체감온도 35℃ 이상: 매시간 15분 휴식, 14~17시 옥외작업 중지(고용노동부 권고)."
            " 2시간 이내 20분 이상 휴식은 의무.",
        ),
        (33.0, "체감온도 33℃ 이상: 2시간 이내마다 20분 이상 휴식 의무(안전보건규칙 제560조제3항)."),
        (
            31.0,
            "체감온도 31℃ 이상 폭염작업: 냉방·통풍, 작업시간 조정, 휴식 중 하나 이상 조치(안전보건규칙 제560조제2항).",
        ),
    ),
    floor="{floor}층",
    basement="지하 {floor}층",
    digest="[{level}] 경보 {count}건 모음",
    over="해제",
    count="{level} {count}건",
    more="그 밖에 {count}건",
    item="{time} {subject}",
    stopped="[{level}] {since}부터 측정값이 판정되지 않습니다: 새 경보가 오지 않습니다",
    stopped_advice="현장의 온도를 직접 확인하고, 관리자에게 알려 경보 서비스를 살피게 하십시오.",
    resumed="[복구] 측정값이 다시 판정됩니다 (중단: {since} ~ {until})",
    resumed_note="중단된 동안의 측정값은 이어서 판정되며, 아직 계속되는 위험은 경보로 전달됩니다.",
    test="[시험] {name}",
    test_advice="시험 메시지입니다. 이 메시지를 받았다면 경보도 이 주소로 전달됩니다.",
)
