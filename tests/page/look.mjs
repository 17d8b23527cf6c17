// Opens pages in headless Chromium as a reader would (on a desk, on a phone, on paper) and prints what it saw as JSON.
// Reads {chromium, pages, shots} from standard input; `shots`, if given, is a folder for pictures.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import puppeteer from "puppeteer-core";

const SCREENS = { desk: { width: 1280, height: 800 }, phone: { width: 360, height: 740, isMobile: true, hasTouch: true } };
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const { chromium, pages, shots } = JSON.parse(readFileSync(0, "utf8"));

const browser = await puppeteer.launch({
  executablePath: chromium,
  // As root, and in containers, Chromium has no sandbox of its own; it opens our own files only.
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync"],
});

async function look(address, name, screen) {
  const page = await browser.newPage();
  const fetched = [];
  page.on("request", (request) => fetched.push(request.url().slice(0, 80)));
  await page.setViewport(screen);
  await page.goto(address, { waitUntil: "load" });
  if (shots) {
    await page.screenshot({ path: join(shots, `${name}-first.png`) });
    await page.screenshot({ path: join(shots, `${name}.png`), fullPage: true });
  }
  const seen = await page.evaluate(() => {
    const bottom = (selector) => document.querySelector(selector)?.getBoundingClientRect().bottom ?? null;
    return {
      page_width: document.documentElement.scrollWidth,
      bottoms: { verdict: bottom(".verdict"), sentences: bottom(".three"), chart: bottom(".first img") },
      broken_images: [...document.images].filter((image) => !image.naturalWidth).length,
    };
  });
  await page.evaluate(axe);
  const found = await page.evaluate(async () => (await axe.run(document, { resultTypes: ["violations"] })).violations);
  const violations = found.map((one) => `${one.id}: ${one.help}: ${one.nodes.slice(0, 3).map((node) => node.html.slice(0, 120))}`);
  let sheets = null;
  if (!screen.isMobile) {
    const pdf = Buffer.from(await page.pdf({ format: "A4", path: shots ? join(shots, `${name}.pdf`) : undefined }));
    sheets = pdf.toString("latin1").match(/\/Type\s*\/Page\b(?!s)/g).length;
  }
  await page.close();
  // Not the window's own size: a phone zooms out where a page is too wide, and says it is as wide as the page.
  return { ...seen, screen_width: screen.width, screen_height: screen.height, violations, fetched: fetched.filter((url) => !url.startsWith("data:")), sheets };
}

const told = {};
for (const path of pages) {
  told[path] = {};
  for (const [screen, size] of Object.entries(SCREENS))
    told[path][screen] = await look(`file://${path}`, `${basename(dirname(path))}-${screen}`, size);
}
await browser.close();
console.log(JSON.stringify(told));
