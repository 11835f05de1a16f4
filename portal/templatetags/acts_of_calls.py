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
}
