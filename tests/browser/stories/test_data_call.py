"""临时收表: an office's own form goes out, a branch adds what nobody knows, it comes back merged; who lacks is asked for by name."""

import io

import openpyxl
from playwright.sync_api import expect

HEADERS = ["序号", "党组织名称", "书记姓名", "党员数", "是否有活动室", "活动室面积（平方米）", "联系人", "备注"]


def form():
    book = openpyxl.Workbook()
    book.active.append(["党员活动室情况统计表"])
    book.active.append(HEADERS)
    stream = io.BytesIO()
    book.save(stream)
    return {"name": "活动室.xlsx", "mimeType": "application/octet-stream", "buffer": stream.getvalue()}


def test_a_form_goes_out_and_comes_back_as_one(tell, site, phone, tmp_path):
    secretary = site.new_branch(3)
    branch = f"中共云岭示范县新设第{len(site.passwords) - 1}学校支部委员会"
    title = f"活动室统计{len(site.passwords)}"

    staff = tell.by("gongwei")
    tell.menu(staff, "临时收表")
    staff.get_by_role("link", name="发起收表").first.click()
    staff.get_by_label("Excel 空表").set_input_files(form())
    staff.get_by_label("表名").fill(title)
    staff.get_by_label("文号或依据").fill("县教育体育局便函（试）")
    staff.get_by_label("报送期限").fill(staff.evaluate("new Date(Date.now() + 5 * 864e5).toLocaleDateString('sv')"))
    tell.save(staff, "读入这张表")
    tell.look(staff, "call-columns")
    expect(staff.locator("main")).to_contain_text("手机号填不进去")
    expect(staff.get_by_label("党员数：怎么填")).to_have_value("known:members")
    staff.get_by_label("活动室面积（平方米）：怎么填").select_option("asked:number")
    tell.save(staff, "保存，去选向谁收")
    staff.get_by_role("link", name="选范围并发出").first.click()
    staff.get_by_label("只向下面勾选的收").check()
    group = staff.locator("fieldset details", has=staff.get_by_text(branch))
    group.locator("summary").click()
    group.get_by_label(branch).check()
    elsewhere = staff.locator("fieldset details").filter(has_not=staff.get_by_text(branch)).first
    elsewhere.locator("summary").click()
    other = elsewhere.locator("label.check").first
    other.get_by_role("checkbox").check()
    lacking = other.inner_text().strip()
    tell.save(staff, "发出")
    expect(staff.locator("#answers")).to_contain_text("应报 2")
    call = staff.url

    own = tell.by(secretary)
    tell.menu(own, "要我填的表")
    own.get_by_role("link", name=title).click()
    known = own.locator("main table").first
    expect(known).to_contain_text(branch)
    own.get_by_label("是否有活动室").select_option("是")
    own.get_by_label("活动室面积（平方米）").fill("80")
    own.get_by_label("联系人").fill("陆老师 13800138000")
    own.get_by_role("heading", name="请填").evaluate("heading => heading.scrollIntoView({block: 'center'})")
    tell.look(own, "call-fill")
    tell.save(own, "报送")
    expect(own.locator("main")).to_contain_text("这里不能填手机号")
    own.get_by_label("联系人").fill("陆老师")
    tell.save(own, "报送")
    expect(own.locator("main")).to_contain_text("80")

    staff.goto(call)
    tell.look(staff, "call")
    expect(staff.locator("#answers")).to_contain_text("未报 1")
    assert lacking in staff.locator("#group-text").input_value()
    assert branch not in staff.locator("#group-text").input_value().split("请登录门户")[0]
    with staff.expect_download() as waiting:
        staff.get_by_role("link", name="下载汇总表").first.click()
    waiting.value.save_as(tmp_path / "merged.xlsx")
    rows = [[cell.value for cell in row] for row in openpyxl.load_workbook(tmp_path / "merged.xlsx").active.iter_rows()]
    assert rows[1] == HEADERS
    assert [row[:2] + row[3:7] for row in rows[2:] if row[1]] == [[1, branch, 3, "是", 80, "陆老师"]]

    staff.get_by_role("link", name=branch).first.click()
    staff.get_by_role("link", name="退回").first.click()
    staff.get_by_label("退回原因").fill("面积请写使用面积")
    tell.save(staff, "退回")
    tell.go(own, "/")
    expect(own.locator("main")).to_contain_text(title)
    tell.go(own, "/calls/asked/")
    expect(own.locator("main")).to_contain_text("面积请写使用面积")
    own.get_by_role("link", name=title).click()
    own.get_by_label("活动室面积（平方米）").fill("60")
    tell.save(own, "报送")
    expect(own.locator("main")).to_contain_text("60")
