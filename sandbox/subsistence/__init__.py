"""城乡最低生活保障系统: REST/JSON, pinyin abbreviations, every error an HTTP 200."""
