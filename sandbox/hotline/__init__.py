"""12345 诉求受理一体化管理平台: two-way REST/JSON, every request signed with HMAC-SHA256."""
