"""城乡居民养老保险系统: SOAP 1.1 with a WSDL, legacy field codes, answers in GBK."""
