"""Open311 GeoReport v2, for the applications of residents. Off unless the setting says on."""
