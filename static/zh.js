// The frontend's built-in English words in Chinese. It has no locale of its own, so what it writes
// into the page is replaced as it appears: whole texts only, never a part of what a page says.
(() => {
  "use strict";

  const WORDS = {
    "Add": "添加",
    "Add files": "添加文件",
    "Add row": "添加一行",
    "An error has occurred, please try again.": "出现错误，请重试。",
    "App Logo": "平台标志",
    "App pages": "功能导航",
    "Autosize": "自动列宽",
    "Bottom": "页面底部",
    "Choose an option": "请选择",
    "Choose date": "选择日期",
    "Choose date and time": "选择日期和时间",
    "Choose date range": "选择日期范围",
    "Choose options": "请选择（可多选）",
    "Choose or add an option": "请选择或新增",
    "Choose or add options": "请选择或新增（可多选）",
    "Clear all": "全部清除",
    "Clear dates": "清除日期",
    "Clear entry": "清除输入",
    "Clear selection": "取消选择",
    "Clear time": "清除时间",
    "Clear value": "清除",
    "Click to retry upload": "点击重新上传",
    "Close": "关闭",
    "Close Search": "关闭查找",
    "Close fullscreen": "退出全屏",
    "Collapse sidebar": "收起侧栏",
    "Connecting": "正在连接",
    "Connecting to Streamlit server": "正在连接平台",
    "Connection closed": "连接已关闭",
    "Connection error": "网络连接中断",
    "Connection lost. Please wait for the app to reconnect, then try again.":
      "连接已断开，正在重新连接，请稍候再试。",
    "Connection timed out.": "连接超时。",
    "Copied": "已复制",
    "Copy": "复制",
    "Copy column name": "复制列名",
    "Copy to clipboard": "复制",
    "Count": "数量",
    "Dataframe column menu": "列菜单",
    "Decrement": "减少",
    "Delete row(s)": "删除行",
    "Dismiss": "关闭",
    "Distribution histogram": "分布图",
    "Download as CSV": "下载为 CSV",
    "Download as PNG": "下载为图片",
    "Drag and drop a file here": "将文件拖到这里",
    "Drag and drop files here": "将文件拖到这里",
    "Empty": "未填",
    "Error": "出错",
    "Error:": "错误：",
    "Expand sidebar": "展开侧栏",
    "Failed to load data": "数据加载失败",
    "Feedback rating": "评价",
    "File size is too small.": "文件过小。",
    "Format": "格式",
    "Fullscreen": "全屏",
    "Header Logo": "平台标志",
    "Hide column": "隐藏此列",
    "Hide password": "隐藏密码",
    "Increment": "增加",
    "Invalid input.": "输入无效。",
    "Invalid time format. Please use HH:MM.": "时间格式有误，请按“时:分”填写。",
    "Invalid time format. Please use HH:MM:SS or HH:MM.": "时间格式有误，请按“时:分”或“时:分:秒”填写。",
    "Logo": "标志",
    "Main": "主要内容",
    "Main menu": "主菜单",
    "Menu": "菜单",
    "Metric": "指标",
    "Navigate to home page": "返回首页",
    "Network error": "网络错误",
    "Next": "下一个",
    "Next month": "下个月",
    "Next page": "下一页",
    "Next Result": "下一处",
    "No options": "没有可选项",
    "No options to select": "没有可选项",
    "No options to select.": "没有可选项。",
    "No results": "没有匹配的结果",
    "Notifications": "通知",
    "Number is above the allowed range.": "数值超过允许的上限。",
    "Number is below the allowed range.": "数值低于允许的下限。",
    "Only one file is allowed.": "只能上传一个文件。",
    "Open": "展开",
    "Page not found": "没有这个页面",
    "Pagination": "翻页",
    "Pin column": "固定此列",
    "Press Enter to apply": "按回车键确认",
    "Press Enter to submit form": "按回车键提交",
    "Previous": "上一个",
    "Previous month": "上个月",
    "Previous page": "上一页",
    "Previous Result": "上一处",
    "Print": "打印",
    "Range": "范围",
    "Record": "录音",
    "Request timed out": "请求超时",
    "Rerun": "刷新",
    "Running...": "正在处理……",
    "Scroll tabs left": "向左滚动标签",
    "Scroll tabs right": "向右滚动标签",
    "Scrollable table": "可滚动的表格",
    "Search": "查找",
    "Select all": "全选",
    "Select...": "请选择",
    "Selectbox options": "选项",
    "Selected values": "已选内容",
    "Send message": "发送",
    "Show password": "显示密码",
    "Show suggestions": "显示选项",
    "Show/hide columns": "显示或隐藏列",
    "Sidebar": "侧栏",
    "Sidebar Logo": "平台标志",
    "Skip to main content": "跳到主要内容",
    "Sort ascending": "升序排列",
    "Sort descending": "降序排列",
    "Statistics": "统计",
    "Stop": "停止",
    "Stop script": "停止",
    "Stopping...": "正在停止……",
    "Streamlit server is not responding. Are you connected to the internet?":
      "平台没有回应。请检查网络连接，页面会自动重新连接；已保存的内容不受影响。",
    "Suggestions": "选项",
    "The page that you have requested does not seem to exist. Running the app's main page.":
      "没有这个页面，已为您打开首页。",
    "Top values frequency chart": "常见值分布图",
    "True/false distribution chart": "是否分布图",
    "Try again": "重试",
    "Type to search": "输入以查找",
    "Unable to connect to Streamlit server": "无法连接平台",
    "Unexpected error. Please try again.": "出现意外错误，请重试。",
    "Unknown error": "未知错误",
    "Unpin column": "取消固定此列",
    "Upload": "上传",
    "Upload failed": "上传失败",
    "View less": "收起",
    "Wrap": "换行",
    "file upload": "上传文件",
    "progress": "进度",
    "view less": "收起",
    "view more": "展开",
    "yyyy": "年",
    "mm": "月",
    "dd": "日",
    "⚠️ Please fill out this cell.": "⚠️ 请填写此格。",
  };

  // The chart library's own buttons.
  const CHARTS = {
    "Download plot as a PNG": "下载为图片",
    "Download plot as a png": "下载为图片",
    "Zoom": "缩放",
    "Pan": "平移",
    "Zoom in": "放大",
    "Zoom out": "缩小",
    "Autoscale": "自动缩放",
    "Reset axes": "恢复原样",
    "Reset": "恢复原样",
    "Box Select": "框选",
    "Lasso Select": "套索选择",
    "Toggle Spike Lines": "参考线",
    "Double-click to zoom back out": "双击恢复原样",
  };

  const MONTHS = "January February March April May June July August September October November December".split(" ");
  const PARTS = { year: "年", month: "月", day: "日", hour: "时", minute: "分", second: "秒" };
  const month = (name) => MONTHS.indexOf(name) + 1;

  // Texts that carry a number or a name.
  const PATTERNS = [
    [/^Choose date, (.+)$/, "选择日期，$1"],
    [/^Selected Date: ([A-Z][a-z]+) (\d+), (\d+)$/, (_, name, day, year) => `已选日期：${year}年${month(name)}月${Number(day)}日`],
    [/^Selected Date: (.+)$/, "已选日期：$1"],
    [/^(\d+) – ([A-Z][a-z]+)$/, "$1月"],
    [/^(year|month|day|hour|minute|second), (.*?)( start date| end date)?$/, (_, part, label, end) =>
      `${PARTS[part]}，${label}${end === " start date" ? "开始日期" : end === " end date" ? "结束日期" : ""}`],
    [/^(.+) start date$/, "$1开始日期"],
    [/^(.+) end date$/, "$1结束日期"],
    [/^(.+) color picker$/, "$1颜色"],
    [/^Help for (.+)$/, "$1说明"],
    [/^(\d+) out of (\d+) stars$/, "$1 分（满分 $2 分）"],
    [/^You have requested page \/(.*), but no corresponding file was found .*$/, "没有“$1”这个页面，已为您打开首页。"],
    [/^Press (Ctrl|⌘)\+Enter to apply$/, "按 $1+回车键确认"],
    [/^Press (Ctrl|⌘)\+Enter to submit form$/, "按 $1+回车键提交"],
    [/^([\d.]+ ?[KMGT]?B) per file$/, "单个文件不超过 $1"],
    [/^File must be ([\d.]+ ?[KMGT]?B) or smaller\.$/, "文件不能超过 $1。"],
    [/^(.+) files are not allowed\.$/, "不能上传 $1 类型的文件。"],
    [/^add icon$/, "添加"],
    [/^Remove (.+)$/, "移除 $1"],
    [/^Add: (.+)$/, "新增：$1"],
    [/^Select (\d+) matches$/, "选择匹配的 $1 项"],
    [/^View (\d+) more$/, "更多（$1）"],
    [/^You can only select up to (\d+) options?\. Remove an option first\.$/, "最多可选 $1 项，请先移除一项。"],
    [/^Number is outside the allowed range\. Please enter a value between (.+) and (.+)\.$/, "数值超出范围，请输入 $1 至 $2 之间的数。"],
    [/^Number is below the allowed range\. Please enter a value greater than or equal to (.+)\.$/, "数值低于下限，请输入不小于 $1 的数。"],
    [/^Number is above the allowed range\. Please enter a value less than or equal to (.+)\.$/, "数值超过上限，请输入不大于 $1 的数。"],
    [/^Error: (.*)$/, "错误：$1"],
    [/^Time is out of range\..*$/, "时间超出范围。"],
    [/^Value is out of range for .*$/, "时间超出范围。"],
    [/^Request failed with status (?:code )?401$/, "登录已失效，请重新登录"],
    [/^Request failed with status (?:code )?413$/, "文件过大"],
    [/^Request failed with status (?:code )?(\d+)$/, "请求失败（$1）"],
    [/^Connection failed with status (\d+).*$/, "连接失败（$1）。"],
    [/^Cannot connect to Streamlit \(HTTP status: 403\)\..*$/s, "平台拒绝了连接，请从平台首页重新进入。"],
    [/^Is Streamlit still running\?.*$/s, "平台没有回应，页面会自动重新连接；已保存的内容不受影响。"],
    [/^([\d,]+) options? available\.$/, "共 $1 个选项。"],
    [/^(.+), selected$/, "$1，已选"],
    [/^Page (\d+)$/, "第 $1 页"],
    [/^Made with Streamlit v.*$/, ""],
  ];

  const ATTRIBUTES = ["aria-label", "placeholder", "title", "alt", "data-title", "aria-description", "aria-valuetext"];
  // What a page itself says is not touched.
  const OURS = "[data-testid=stHtml],[data-testid=stMarkdown],[data-testid=stTable],code,pre,textarea,script,style";

  function chinese(text) {
    const bare = text.trim();
    if (!bare || !/[A-Za-z]/.test(bare)) return undefined;
    const word = Object.hasOwn(WORDS, bare) ? WORDS[bare] : Object.hasOwn(CHARTS, bare) ? CHARTS[bare] : undefined;
    if (word !== undefined) return text.replace(bare, () => word);
    for (const [pattern, words] of PATTERNS) {
      if (pattern.test(bare)) return bare.replace(pattern, words);
    }
    return undefined;
  }

  function translateText(node) {
    if (node.parentElement === null || node.parentElement.closest(OURS)) return;
    const words = chinese(node.nodeValue);
    if (words !== undefined && words !== node.nodeValue) node.nodeValue = words;
  }

  function translateAttributes(element) {
    for (const name of ATTRIBUTES) {
      const given = element.getAttribute(name);
      const words = given === null ? undefined : chinese(given);
      if (words !== undefined && words !== given) element.setAttribute(name, words);
    }
  }

  function translate(root) {
    if (root.nodeType === Node.TEXT_NODE) return translateText(root);
    if (root.nodeType !== Node.ELEMENT_NODE) return undefined;
    translateAttributes(root);
    const walker = document.createTreeWalker(root, NodeFilter.SHOW_ELEMENT | NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const node = walker.currentNode;
      if (node.nodeType === Node.TEXT_NODE) translateText(node);
      else translateAttributes(node);
    }
    return undefined;
  }

  const observer = new MutationObserver((changes) => {
    for (const change of changes) {
      if (change.type === "attributes") translateAttributes(change.target);
      else if (change.type === "characterData") translateText(change.target);
      else change.addedNodes.forEach(translate);
    }
  });

  function start() {
    translate(document.body);
    observer.observe(document.body, {
      subtree: true,
      childList: true,
      characterData: true,
      attributes: true,
      attributeFilter: ATTRIBUTES,
    });
  }

  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start);
})();
