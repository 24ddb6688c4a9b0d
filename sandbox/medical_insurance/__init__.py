"""医保信息平台（居民参保）: REST/JSON behind OAuth2 client credentials, cursor paging."""
