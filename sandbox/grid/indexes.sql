-- After the rows are in.

CREATE INDEX ON zzwg.t_syrk ("ZJHM_CX");
CREATE INDEX ON zzwg.t_syrk ("HH");
CREATE INDEX ON zzwg.t_fw ("CQR_ZJHM_CX");
CREATE INDEX ON zzwg.t_dw ("TYDM_CX");
ANALYZE zzwg.t_syrk;
ANALYZE zzwg.t_fw;
ANALYZE zzwg.t_dw;
