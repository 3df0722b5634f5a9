"""The tables that a consuming schema has for its places in the reading log."""

# For the migrations. A cursor is updated with every transaction: half-empty pages let it stay where it is. `gen` rises
# whenever the holder changes, and with a rebuild; `generation` and `seq` are the place in the log, and a cursor without
# a generation has never been built.
CREATE_TABLES = """
CREATE TABLE {schema}.log_cursor (
    consumer text NOT NULL,
    shard smallint NOT NULL,
    gen bigint NOT NULL DEFAULT 0,
    holder integer,
    generation text NOT NULL DEFAULT '',
    seq bigint NOT NULL DEFAULT 0,
    PRIMARY KEY (consumer, shard)
) WITH (fillfactor = 50);

CREATE TABLE {schema}.log_member (
    consumer text NOT NULL,
    member integer NOT NULL,
    seen_time timestamptz NOT NULL,
    PRIMARY KEY (consumer, member)
) WITH (fillfactor = 50);
"""
