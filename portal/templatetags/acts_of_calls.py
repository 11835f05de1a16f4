"""What each act of 临时收表, 迎检资料包 and 抄录 is called on the pages."""

ACTS = {
    "call.draft": "起草收表",
    "call.reread": "重新识别表头",
    "call.columns": "核对各列怎么填",
    "call.open": "发出收表",
    "call.put_off": "改报送期限",
    "call.close": "结束收表",
    "call.drop": "删去收表草稿",
    "call.merge": "下载汇总表",
    "call.save": "保存收表草稿",
    "call.submit": "报送",
    "call.return": "退回收表",
    "copying.mark": "标记已录入上级平台",
    "copying.unmark": "取消已录入的标记",
    "pack.start": "建立资料包",
    "portal.pack.edit": "修改资料包",
    "pack.item": "修改资料包目录",
    "pack.drop_item": "删去目录一项",
    "pack.drop": "删去资料包",
    "pack.make": "编成资料包文件",
}
