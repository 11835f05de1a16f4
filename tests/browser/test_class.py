"""A training class from its plan to its archive: staff at the desk, a secretary and those who attend on their phones."""

import io
import json
import re
import zipfile

import pytest
import segno
from docx import Document
from openpyxl import load_workbook
from PIL import Image
from playwright.sync_api import expect

PEOPLE = 6  # five are sent, the sixth comes instead of one of them
LECTURE, VISIT = "党支部工作条例解读", "示范校现场教学"
SIX = ["01-培训方案", "02-教学日程表", "03-学员名册", "04-学员签到表", "05-图片资料", "06-总结简报"]
PASSED = """
from datetime import time, timedelta
from django.utils import timezone
from training.models import ClassSession, SignIn, TrainingClass
day = timezone.localdate() - timedelta(days={days})
TrainingClass.objects.filter(pk={pk}).update(starts_on=day, ends_on=day, enrols_until=day)
sessions = ClassSession.objects.filter(training_class={pk})
sessions.update(held_on=day)
SignIn.objects.filter(session__in=sessions).update(signed_at=timezone.now() - timedelta(days={days}))
for session in sessions:
    session.begins, session.ends = {hours}
    session.save(update_fields=["begins", "ends"])
"""
TO_COME = """
import json
from pathlib import Path
from django.utils import timezone
from training import codes, sign_in
from training.models import ClassSession
session = ClassSession.objects.get(pk={pk})
now = codes.window(timezone.now(), sign_in.rule_of(session))
texts = [codes.text(session.pk, session.row_key, number) for number in range(now - 2, now + 40)]
Path("{path}").write_text(json.dumps(texts))
"""


def days_go_by(site, pk, *, days, hours="session.begins, session.ends"):
    """The day of the class is so many days ago: the clock of the portal is the database's, which nobody sets."""
    site.furnish(PASSED.format(pk=pk, days=days, hours=hours))


def key_of(page):
    return int(re.search(r"/training/(\d+)/", page.url)[1])


def save(page, label="保存"):
    page.get_by_role("button", name=label, exact=True).last.click()


def is_narrow(page):
    assert page.evaluate("document.documentElement.scrollWidth") <= page.viewport_size["width"], page.url


@pytest.fixture(scope="module")
def plan(site):
    """(secretary of a new branch, title of the class)."""
    secretary = site.new_branch(PEOPLE)
    return secretary, f"党务干部专题培训班{secretary}"


def planned(desk, site, title):
    """A class with its plan, two sessions and a teacher, opened for enrolment. Returns its key."""
    desk.goto(f"{site.url}/training/add/?kind=topic")
    desk.get_by_label("班次名称").fill(title)
    desk.get_by_label("地点").fill("县教师进修学校报告厅")
    desk.get_by_label("培训方案").fill(
        "一、培训对象\n各支部党务干部。\n二、培训内容\n学习支部工作条例，看示范校阵地建设。"
    )
    save(desk)
    pk = key_of(desk)
    desk.get_by_role("link", name=re.compile("排课")).first.click()
    day = desk.get_by_label("日期").first.input_value()
    for number, (begins, ends, topic) in enumerate((("08:30", "11:30", LECTURE), ("14:30", "17:30", VISIT))):
        line = desk.locator(f"#line-{number + 1}")
        line.get_by_label("日期").fill(day)
        line.get_by_label("开始").fill(begins)
        line.get_by_label("结束").fill(ends)
        line.get_by_label("教学内容").fill(topic)
    desk.locator("#line-1").get_by_label("或者写姓名").fill("文教授")
    save(desk)
    expect(desk.locator("main")).to_contain_text("文教授")
    desk.goto(f"{site.url}/training/{pk}/")
    desk.get_by_role("link", name="开放报名").click()
    desk.get_by_label("同时发通知").uncheck()
    save(desk, "开放报名")
    expect(desk.get_by_text("已开放报名。")).to_be_visible()
    return pk


def enrolled(phone, site, pk):
    """Five of a branch are sent, and one of them is replaced by the sixth. Returns the names on the roll."""
    phone.goto(f"{site.url}/training/{pk}/")
    phone.get_by_role("link", name="去报名").click()
    phone.get_by_role("link", name="报名", exact=True).first.click()
    is_narrow(phone)
    boxes = phone.locator("#enrol input[name=members]")
    for number in range(PEOPLE - 1):
        boxes.nth(number).check()
    save(phone, "报名")
    is_narrow(phone)
    gone = phone.locator("#rows td.lead a").first
    name = gone.inner_text()
    gone.click()
    phone.get_by_role("link", name="换人").click()
    is_narrow(phone)
    phone.get_by_label("换成哪位同志").select_option(index=1)
    phone.get_by_label("换人原因").fill("当天值班")
    save(phone, "换人")
    phone.goto(f"{site.url}/training/{pk}/roll/")
    names = phone.locator("#rows td.lead a").all_inner_texts()
    assert len(names) == PEOPLE - 1
    assert name not in names
    return names


def links(desk, site, pk):
    """The links as they are shown once, in the order of the roll: [(name, address)]."""
    desk.goto(f"{site.url}/training/{pk}/passes/")
    save(desk, "给选中的学员发链接")
    texts = [box.input_value() for box in desk.locator("article.slip textarea").all()]
    return [(text.partition("：")[0], text.rsplit("\n", 1)[1]) for text in texts]


def of_screen(desk, site, session, folder):
    """The address in the QR code on the screen: of those that may stand there the one that draws this picture."""
    path = folder / "codes.json"
    site.furnish(TO_COME.format(pk=session, path=path))
    desk.goto(f"{site.url}/training/sessions/{session}/screen/")
    picture = desk.locator("img.qr").get_attribute("src")
    for text in json.loads(path.read_text()):
        address = f"{site.url}/training/s/?k={text}"
        if segno.make(address, error="m", micro=False).svg_data_uri(scale=4, border=3, light="#fff") == picture:
            return address
    raise AssertionError("the screen shows no code of this session")


def everybody_on_paper(desk):
    for box in desk.locator("input[name=who]").all():
        box.check()
    save(desk, "登记选中的学员")
    expect(desk.locator("main")).to_contain_text("都已登记")


def answer(phone, site, pk):
    phone.goto(f"{site.url}/training/{pk}/survey/answer/")
    for row in phone.locator(".survey-row").all():
        row.locator(".survey-picks label").first.click()
    save(phone, "提交")


def finished(desk, site, pk):
    """The class is over: a picture of it, the summary made from its figures, who completed it."""
    desk.goto(f"{site.url}/training/{pk}/")
    save(desk, "结班")
    desk.goto(f"{site.url}/training/{pk}/files/")
    picture = io.BytesIO()
    Image.effect_mandelbrot((640, 480), (-2, -1.5, 1, 1.5), 60).convert("RGB").save(picture, "JPEG")
    desk.get_by_label("选择文件").set_input_files(
        {"name": "课堂.jpg", "mimeType": "image/jpeg", "buffer": picture.getvalue()}
    )
    save(desk, "上传")
    expect(desk.get_by_text("已保存 1 个文件。")).to_be_visible()
    desk.goto(f"{site.url}/training/{pk}/archive/")
    desk.get_by_role("link", name="按数字写总结").click()
    text = desk.get_by_label("总结").input_value()
    assert "参训 5 人" in text
    assert "满意度 100%" in text
    desk.get_by_label("总结").fill(text.replace("____________", "课上得实在，盼多安排现场教学"))
    save(desk)
    desk.get_by_label("同时编结业证号").check()
    save(desk, "办结业")
    expect(desk.get_by_text("结业 5 人，未结业 0 人")).to_be_visible()
    expect(desk.locator("#outcomes")).to_contain_text("结业证书")


def archived(desk, title, folder):
    """Archived with all six, told in a 简报 with its picture, and packed without a gap."""
    desk.get_by_role("link", name="归档", exact=True).click()
    save(desk, "归档")
    expect(desk.get_by_text("已归档，各项资料不能再改。")).to_be_visible()
    assert "6/6" in desk.locator("main").inner_text()
    with desk.expect_download() as briefing:
        save(desk, "下载简报草稿")
    briefing.value.save_as(folder / "briefing.docx")
    told = Document(folder / "briefing.docx")
    assert title in "".join(line.text for line in told.paragraphs)
    assert "盼多安排现场教学" in "".join(line.text for line in told.paragraphs)
    assert len(told.inline_shapes) == 1
    save(desk, "打包下载")
    with desk.expect_download() as packed:
        desk.get_by_role("link", name="下载文件").click()
    with zipfile.ZipFile(packed.value.path()) as whole:
        assert whole.testzip() is None
        assert sorted(name.partition("/")[0] for name in whole.namelist()) == [*SIX, "目录.xlsx"]
        index = load_workbook(io.BytesIO(whole.read("目录.xlsx"))).active
    lines = [row[1:4] for row in index.iter_rows(values_only=True) if isinstance(row[0], int)]
    assert [folder for folder, _, _ in lines] == SIX
    assert all(length for _, _, length in lines)


def test_a_class_from_plan_to_archive(site, open_page, plan, tmp_path):
    secretary, title = plan
    desk, own = open_page(), open_page(phone=True)
    site.sign_in(desk, "gongwei")
    site.sign_in(own, secretary)
    pk = planned(desk, site, title)
    names = enrolled(own, site, pk)

    desk.goto(f"{site.url}/training/{pk}/roll/")
    sheet = desk.request.get(
        site.url + desk.get_by_role("link", name=re.compile("空白签到表")).first.get_attribute("href")
    )
    assert sheet.body().startswith(b"%PDF")
    given = links(desk, site, pk)
    assert sorted(name for name, _ in given) == sorted(names)

    # The day has come: one signs with the phone, one on paper, one was forgotten.
    days_go_by(site, pk, days=0, hours="time(0, 0), time(23, 59)")
    phones = [open_page(phone=True, script=number > 0) for number in range(PEOPLE - 1)]
    for phone, (_, address) in zip(phones, given, strict=True):
        phone.goto(address)
        save(phone, "就用这部手机")
    desk.goto(f"{site.url}/training/{pk}/sign-in/")
    session = int(re.search(r"/sessions/(\d+)/", desk.get_by_role("link", name="投屏签到").get_attribute("href"))[1])
    phones[1].goto(of_screen(desk, site, session, tmp_path))
    is_narrow(phones[1])
    save(phones[1], "签到")
    expect(phones[1].locator("h1")).to_have_text("签到成功")
    expect(desk.locator(".count")).to_contain_text("已签 1", timeout=15000)
    desk.goto(f"{site.url}/training/sessions/{session}/marks/")
    for person, what, reason in (
        (given[0][0], "纸质签到", ""),
        (given[2][0], "补签（写明原因）", "手机没电，签到表也漏签，会务证明到课"),
    ):
        desk.get_by_label(re.compile(person)).check()
        desk.get_by_label(what).check()
        desk.get_by_label("原因").last.fill(reason)
        save(desk, "登记选中的学员")
        expect(desk.get_by_text("已登记 1 人。")).to_be_visible()

    # The others signed on paper, and all of them did in the afternoon; all are asked, and what they say is shown when the survey is closed.
    everybody_on_paper(desk)
    desk.goto(f"{site.url}/training/{pk}/sign-in/")
    desk.get_by_role("link", name=re.compile(VISIT)).click()
    desk.get_by_role("link", name=re.compile("登记纸质签到")).click()
    everybody_on_paper(desk)
    desk.goto(f"{site.url}/training/{pk}/survey/")
    save(desk, "发起测评")
    for phone in phones:
        answer(phone, site, pk)
    desk.reload()
    expect(desk.locator(".tile", has_text="已收答卷")).to_contain_text("5")
    assert "满意率" not in desk.locator("main").inner_text()
    save(desk, "现在结束测评")
    expect(desk.locator("main")).to_contain_text("5 份答卷")

    days_go_by(site, pk, days=1)
    finished(desk, site, pk)
    archived(desk, title, tmp_path)
