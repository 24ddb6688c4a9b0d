"""社会治理（综治）网格化信息系统: read-only views of a PostgreSQL database."""
