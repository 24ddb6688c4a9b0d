-- The grid system's own database: two tables, a control row, and the views that a reader sees.
-- Quoted upper case throughout: the real thing came from another database product.

CREATE SCHEMA zzwg;

CREATE TABLE zzwg.t_kz (zl text NOT NULL, ys integer NOT NULL);
INSERT INTO zzwg.t_kz VALUES ('normal', 0);

CREATE TABLE zzwg.t_syrk (
    "RYBH" text COLLATE "C" PRIMARY KEY, "XM" text, "ZJHM" text, "ZJHM_CX" text, "XB" text,
    "CSRQ" timestamp, "LXDH" text, "HH" text, "YHZGX" text, "RYLB" text,
    "HJ_QHDM" text, "HJ_DZ" text, "HJ_RQ" timestamp,
    "XZ_QHDM" text, "XZ_DZ" text, "RZSJ" timestamp, "RHYZ" text, "WGDM" text, "WGMC" text, "FWBH" text,
    "CQ_QHDM" text, "CQ_DZ" text, "CQ_RQ" timestamp,
    "GZDW" text, "GZ_QHDM" text, "GZ_DZ" text, "GZ_RQ" timestamp,
    "HYZK" text, "DJLR" text, "CJDJ" text, "SJLY" text NOT NULL, "GXSJ" timestamp
);

CREATE TABLE zzwg.t_fw (
    "FWBH" text PRIMARY KEY, "QHDM" text, "WGDM" text, "DZ" text, "FWLX" text,
    "CQR_XM" text, "CQR_ZJHM" text, "CQR_ZJHM_CX" text, "CQ_RQ" timestamp,
    "JZRS" integer, "SJLY" text NOT NULL, "GXSJ" timestamp
);

CREATE TABLE zzwg.t_dw (
    "DWBH" text PRIMARY KEY, "DWMC" text, "TYDM" text, "TYDM_CX" text, "DWLX" text, "QHDM" text, "WGDM" text,
    "DZ" text, "CYRS" integer, "SJLY" text NOT NULL, "GXSJ" timestamp
);

CREATE TABLE zzwg.t_tj (
    "TJBH" text COLLATE "C" PRIMARY KEY, "QHDM" text, "TJRQ" text, "ZXBZ" text,
    "WGS" text, "ZHWGS" text, "ZSWGS" text, "ZZWGY" text, "JZWGY" text, "WGYQE" text,
    "ZFHS" text, "SBSJ" text, "ZXCZ" text, "ZBSJ" text, "BJSJ" text,
    "JFPC" text, "TJCG" text, "QRRS" text, "QCRS" text, "SJLY" text NOT NULL, "SJSJ" text
);

-- Every view asks this first. It is where the switches of the simulation take hold.
CREATE FUNCTION zzwg.f_kz() RETURNS text LANGUAGE plpgsql VOLATILE SECURITY DEFINER
SET search_path = zzwg, pg_temp AS $$
DECLARE
    k t_kz;
BEGIN
    SELECT * INTO k FROM t_kz;
    IF k.zl = 'slow' THEN
        PERFORM pg_sleep(k.ys / 1000.0);
    END IF;
    WHILE k.zl = 'hang' LOOP
        PERFORM pg_sleep(0.2);
        SELECT * INTO k FROM t_kz;
    END LOOP;
    IF k.zl = 'down' OR (k.zl = 'flapping' AND pg_current_xact_id()::text::bigint % 2 = 0) THEN
        RAISE EXCEPTION USING ERRCODE = '57P03', MESSAGE = 'the database system is shutting down';
    END IF;
    RETURN k.zl;
END $$;

CREATE VIEW zzwg.v_syrk AS
SELECT
    r."RYBH",
    CASE k.zl WHEN 'garbage' THEN repeat(chr(65533), 3)
        WHEN 'disagree' THEN '邱' || substr(r."XM", 2) ELSE r."XM" END AS "XM",
    r."ZJHM", r."ZJHM_CX",
    CASE k.zl WHEN 'garbage' THEN '9' ELSE r."XB" END AS "XB",
    CASE k.zl WHEN 'garbage' THEN timestamp '9999-12-31'
        WHEN 'disagree' THEN r."CSRQ" - interval '3 days' ELSE r."CSRQ" END AS "CSRQ",
    CASE k.zl WHEN 'disagree' THEN '199' || lpad(right(r."RYBH", 8), 8, '0')
        ELSE r."LXDH" END AS "LXDH",
    r."HH", r."YHZGX", r."RYLB", r."HJ_QHDM", r."HJ_DZ", r."HJ_RQ",
    CASE k.zl WHEN 'garbage' THEN '000000000000' ELSE r."XZ_QHDM" END AS "XZ_QHDM",
    CASE k.zl WHEN 'disagree' THEN '（旧址）' || r."XZ_DZ" ELSE r."XZ_DZ" END AS "XZ_DZ",
    r."RZSJ", r."RHYZ", r."WGDM", r."WGMC", r."FWBH",
    r."CQ_QHDM", r."CQ_DZ", r."CQ_RQ", r."GZDW", r."GZ_QHDM", r."GZ_DZ", r."GZ_RQ",
    r."HYZK", r."DJLR", r."CJDJ", r."SJLY", r."GXSJ"
FROM zzwg.f_kz() AS k (zl) CROSS JOIN zzwg.t_syrk AS r;

CREATE VIEW zzwg.v_fw AS
SELECT r.* FROM zzwg.f_kz() AS k (zl) CROSS JOIN zzwg.t_fw AS r;

CREATE VIEW zzwg.v_dw AS
SELECT r.* FROM zzwg.f_kz() AS k (zl) CROSS JOIN zzwg.t_dw AS r;

CREATE VIEW zzwg.v_tj AS
SELECT r.* FROM zzwg.f_kz() AS k (zl) CROSS JOIN zzwg.t_tj AS r;

-- The nightly load is done at three, by the wall clock of the systems.
CREATE VIEW zzwg.v_zt AS
SELECT
    CASE k.zl WHEN 'garbage' THEN '??' ELSE '正常' END AS "ZT",
    date_trunc('day', (now() AT TIME ZONE 'Asia/Shanghai') - interval '3 hours')
        + interval '3 hours' AS "SJSJ",
    '模拟数据'::text AS "SJLY"
FROM zzwg.f_kz() AS k (zl);
