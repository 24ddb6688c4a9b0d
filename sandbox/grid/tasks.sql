-- Tasks of the grid: a table, a view for readers, and one function that writes back.

CREATE FUNCTION zzwg.f_now() RETURNS timestamp LANGUAGE sql VOLATILE
AS $$ SELECT date_trunc('second', clock_timestamp() AT TIME ZONE 'Asia/Shanghai') $$;

CREATE TABLE zzwg.t_rw (
    "RWBH" text COLLATE "C" PRIMARY KEY, "RWLX" text, "RWBT" text, "XM" text, "ZJHM" text,
    "QHDM" text, "JZRQ" timestamp, "ZT" text NOT NULL, "BLR" text, "BLJG" text, "BLQK" text,
    "CS" integer NOT NULL, "SJLY" text NOT NULL, "GXSJ" timestamp NOT NULL
);

-- Commands by the caller's own number: the same number again is answered and not done again.
CREATE TABLE zzwg.t_ls (lsh text PRIMARY KEY, rwbh text NOT NULL, cs integer NOT NULL, dm text, xx text);

CREATE VIEW zzwg.v_rw AS
SELECT
    r."RWBH", r."RWLX",
    CASE k.zl WHEN 'garbage' THEN repeat(chr(65533), 3) ELSE r."RWBT" END AS "RWBT",
    r."XM", r."ZJHM",
    CASE k.zl WHEN 'garbage' THEN '000000000000' ELSE r."QHDM" END AS "QHDM",
    r."JZRQ", r."ZT", r."BLR", r."BLJG", r."SJLY", r."GXSJ"
FROM zzwg.f_kz() AS k (zl) CROSS JOIN zzwg.t_rw AS r;

CREATE FUNCTION zzwg.f_bj(lsh text, rwbh text, czr text, jg text, qk text)
RETURNS TABLE ("DM" text, "XX" text) LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = zzwg, pg_temp AS $$
#variable_conflict use_column
DECLARE
    t t_rw;
    l t_ls;
BEGIN
    PERFORM f_kz();
    INSERT INTO t_ls AS o VALUES (f_bj.lsh, f_bj.rwbh, 1, NULL, NULL)
    ON CONFLICT (lsh) DO UPDATE SET cs = o.cs + 1 RETURNING * INTO l;
    IF l.dm = '1' THEN
        RETURN QUERY SELECT '1', l.xx || '（重复提交）';
        RETURN;
    END IF;
    SELECT * INTO t FROM t_rw WHERE t_rw."RWBH" = f_bj.rwbh FOR UPDATE;
    IF NOT FOUND THEN
        l.dm := '3'; l.xx := '任务编号不存在';
    ELSIF t."ZT" = '1' THEN
        l.dm := '2'; l.xx := '该任务已由' || coalesce(t."BLR", '网格中心') || '办结';
    ELSIF coalesce(f_bj.jg, '') NOT IN ('1', '2') THEN
        l.dm := '3'; l.xx := '走访结果不能为空';
    ELSIF f_bj.jg = '2' AND coalesce(f_bj.qk, '') = '' THEN
        l.dm := '3'; l.xx := '未见到本人时须填写走访情况';
    ELSE
        l.dm := '1'; l.xx := '办结成功';
        UPDATE t_rw SET "ZT" = '1', "BLR" = f_bj.czr, "BLJG" = f_bj.jg, "BLQK" = f_bj.qk,
            "CS" = t_rw."CS" + 1, "GXSJ" = f_now() WHERE t_rw."RWBH" = f_bj.rwbh;
    END IF;
    UPDATE t_ls SET dm = l.dm, xx = l.xx WHERE t_ls.lsh = f_bj.lsh;
    RETURN QUERY SELECT l.dm, l.xx;
END $$;
