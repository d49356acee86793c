"""Previews that play: sound and film come from the storage, whose origin is another one."""

from __future__ import annotations

import base64
import io
import wave
from typing import TYPE_CHECKING

from playwright.sync_api import expect

from tests.e2e.console.browsing import row, violations
from tests.e2e.space import Space

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

    from tests.e2e.api import Api

# Chromium itself records the film: a canvas that changes for half a second.
RECORD = """async () => {
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 36 });
  const paint = canvas.getContext("2d");
  const recorder = new MediaRecorder(canvas.captureStream(25), { mimeType: "video/webm" });
  const pieces = [];
  recorder.ondataavailable = (event) => pieces.push(event.data);
  const stopped = new Promise((resolve) => { recorder.onstop = resolve; });
  recorder.start();
  for (let at = 0; at < 20; at += 1) {
    paint.fillStyle = at % 2 ? "red" : "blue";
    paint.fillRect(0, 0, 64, 36);
    await new Promise((resolve) => setTimeout(resolve, 40));
  }
  recorder.stop();
  await stopped;
  const bytes = new Uint8Array(await new Blob(pieces).arrayBuffer());
  return btoa(String.fromCharCode(...bytes));
}"""


def sound(seconds: int) -> bytes:
    """Return silence as a WAV file."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(1)
        file.setframerate(8000)
        file.writeframes(b"\x80" * 8000 * seconds)
    return data.getvalue()


def film(browser: Browser) -> bytes:
    page = browser.new_page()
    data = base64.b64decode(page.evaluate(RECORD))
    page.close()
    return data


def test_sound_and_film_play_in_the_details(page: Page, api: Api, browser: Browser) -> None:
    space = Space(api)
    space.put("talk.wav", sound(2), "audio/wav")
    space.put("demo.webm", film(browser), "video/webm")
    page.reload()

    row(page, "talk.wav").click()
    audio = page.get_by_role("complementary").locator("audio")
    expect(audio).to_have_js_property("duration", 2)
    assert violations(page) == []
    row(page, "demo.webm").click()
    video = page.get_by_role("complementary").locator("video")
    expect(video).to_have_js_property("videoWidth", 64)
    video.evaluate("video => Object.assign(video, {muted: true}).play()")
    expect(video).not_to_have_js_property("currentTime", 0)
    assert violations(page) == []


def test_a_table_has_a_head_and_cells_of_several_lines(page: Page, api: Api) -> None:
    space = Space(api)
    space.put("orders.csv", b'id,note\r\n1,"two\nlines, and a ""quote"""\r\n2,plain\r\n')
    space.put("preise.csv", "Ware;Preis\nÄpfel;1,20\n".encode())
    page.reload()
    cells = page.get_by_role("complementary").get_by_role("cell")

    row(page, "orders.csv").click()
    expect(page.get_by_role("columnheader", name="note")).to_be_visible()
    expect(cells).to_have_text(["1", 'two\nlines, and a "quote"', "2", "plain"])
    row(page, "preise.csv").click()
    expect(cells).to_have_text(["Äpfel", "1,20"])
    assert violations(page) == []
