"""Browsers too old for the frontend, by what they call themselves, and the page they get instead.

Read from the files of Streamlit 1.67: its bundle holds static class blocks (Chrome 94, Firefox 93,
Safari 16.4) and calls ``Array.prototype.toSorted`` at start, which it does not bring along (Chrome
and Edge 110, Firefox 115, Safari 16.0); its build target is Chrome and Edge 111, Firefox 114 and
Safari 16.4. Windows 7 and 8 end at Chrome 109: there only Firefox 115 ESR is new enough.

What calls itself something unknown is let through; ``static/old.js`` then asks the browser itself.
"""

import re
from html import escape

PATH = "/browser"
CHROMIUM, FIREFOX, SAFARI = 111, 115, (16, 4)

_OLD_ENGINE = re.compile(r"MSIE |Trident/|Edge/")
_IOS = re.compile(r"(?:iPhone|iPad|iPod).* OS (\d+)_(\d+)")
_CHROMIUM = re.compile(r"(?:Chrome|Chromium)/(\d+)")
_FIREFOX = re.compile(r"Firefox/(\d+)")
_SAFARI = re.compile(r"Version/(\d+)\.(\d+).*Safari/")


def too_old(user_agent: str) -> bool:
    """Whether this browser cannot show the platform; the engine counts, not the brand."""
    if _OLD_ENGINE.search(user_agent):
        return True
    if found := _IOS.search(user_agent):  # every browser there is Safari inside
        return (int(found[1]), int(found[2])) < SAFARI
    if found := _FIREFOX.search(user_agent):
        return int(found[1]) < FIREFOX
    if found := _CHROMIUM.search(user_agent):
        return int(found[1]) < CHROMIUM
    if found := _SAFARI.search(user_agent):
        return (int(found[1]), int(found[2])) < SAFARI
    return False


_PAGE = """<!DOCTYPE html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>请更换浏览器 - {title}</title>
<style>
body{{margin:0;padding:24px;font:16px/1.8 'Microsoft YaHei','PingFang SC',sans-serif;
color:#1c2730;background:#f3f5f6}}
main,.main{{display:block;max-width:640px;margin:24px auto;padding:20px 28px;background:#fff;
border:1px solid #d9e0e5}}
h1{{font-size:20px;margin:0 0 8px}}
h2{{font-size:16px;margin:18px 0 4px}}
ol,ul{{margin:0;padding-left:24px}}
a{{color:#22577a}}
</style></head>
<body><main class="main"><h1>这个浏览器打不开{title}</h1>
<p>浏览器版本过旧，平台的页面在其中无法显示。您的账号和已保存的内容不受影响，换用下面任一浏览器即可。</p>
<h2>怎么办</h2>
<ol>
<li>
正在使用 360、QQ、搜狗、奇安信等浏览器的，请把地址栏旁的“兼容模式”换成“极速模式”。</li>
<li>切换后仍打不开，或使用的是 IE 浏览器的，请改用下列浏览器，版本不低于所列。</li>
<li>不能自行安装的，请联系{support}。</li>
</ol>
<h2>可以使用的浏览器</h2>
<ul>
<li>谷歌浏览器（Chrome）、微软浏览器（Edge）{chromium} 及以上</li>
<li>360、QQ、搜狗、奇安信等浏览器的极速模式，内核 {chromium} 及以上</li>
<li>火狐浏览器（Firefox）{firefox} 及以上。Windows 7 的电脑请用火狐 {firefox} 延长支持版</li>
<li>苹果电脑、手机和平板的自带浏览器（Safari）{safari} 及以上</li>
</ul>
<p><a href="/">已更换浏览器，打开平台首页</a></p>
</main></body></html>
"""


def page(*, title: str, support: str) -> str:
    """The page: no script, no other file, nothing that an old browser does not know."""
    return _PAGE.format(
        title=escape(title),
        support=escape(support),
        chromium=CHROMIUM,
        firefox=FIREFOX,
        safari=".".join(map(str, SAFARI)),
    )
