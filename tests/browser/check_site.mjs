// Looks at every page of the built site in headless Chromium, narrow and wide, light and dark: no
// page scrolls sideways, loads anything from elsewhere, has prompts copied with its commands, or fails
// a rule of axe-core (WCAG 2 A, AA).
//
// node check_site.mjs SITE [SCREENSHOTS]; CHROMIUM is the path of another browser than /usr/bin/chromium.

import { createServer } from "node:http";
import { readFile, readdir, mkdir, stat } from "node:fs/promises";
import { createRequire } from "node:module";
import { join, resolve } from "node:path";

const require = createRequire(join(process.cwd(), "package.json"));
const puppeteer = require("puppeteer-core");
const axe = await readFile(require.resolve("axe-core/axe.min.js"), "utf8");

const [site, pictures] = process.argv.slice(2).map((path) => resolve(path));
const WIDTHS = { narrow: 390, wide: 1280 };
const KINDS = { css: "text/css", html: "text/html", js: "text/javascript", svg: "image/svg+xml" };

const server = createServer(async (request, answer) => {
  let path = join(site, decodeURIComponent(new URL(request.url, "http://x").pathname));
  try {
    if ((await stat(path)).isDirectory()) path = join(path, "index.html");
    const kind = KINDS[path.split(".").pop()] ?? "application/octet-stream";
    answer.writeHead(200, { "Content-Type": kind }).end(await readFile(path));
  } catch {
    answer.writeHead(404).end();
  }
});
await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
const home = `http://127.0.0.1:${server.address().port}/`;

const names = (await readdir(site, { recursive: true }))
  .filter((name) => name.endsWith("index.html"))
  .map((name) => name.replace(/index\.html$/, ""))
  .sort();
if (pictures) await mkdir(pictures, { recursive: true });

const browser = await puppeteer.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--force-color-profile=srgb"],
});
const faults = new Set();
for (const theme of ["light", "dark"]) {
  const context = await browser.createBrowserContext(); // The site remembers a chosen theme.
  for (const [size, width] of Object.entries(WIDTHS)) {
    const page = await context.newPage();
    await page.setViewport({ width, height: 900 });
    await page.emulateMediaFeatures([
      { name: "prefers-color-scheme", value: theme },
      { name: "prefers-reduced-motion", value: "reduce" },
    ]);
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(home) && !url.startsWith("data:")) faults.add(`loads ${url}`);
    });
    for (const name of names) {
      await page.goto(home + name, { waitUntil: "load" });
      const where = `/${name} (${size}, ${theme})`;
      const wider = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      if (wider > 0) faults.add(`${where} scrolls sideways by ${wider} pixels`);
      const shown = await page.evaluate(() => document.body.dataset.mdColorScheme);
      if (shown !== { light: "default", dark: "slate" }[theme]) faults.add(`${where} is ${shown}`);
      const copied = await page.$$eval(".gp", (prompts) =>
        prompts.map((prompt) => prompt.closest("[data-copy]")?.dataset.copy ?? prompt.textContent),
      );
      if (copied.some((text) => /^\$ /m.test(text))) faults.add(`${where} copies prompts`);
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() =>
        window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"] }),
      );
      for (const { id, help, nodes } of violations) {
        faults.add(`${where} ${id}: ${help}, ${nodes.length} times, first ${nodes[0].target}`);
      }
      if (pictures) {
        const file = (name.replaceAll("/", "-") || "home-").concat(`${size}-${theme}.png`);
        await page.screenshot({ path: join(pictures, file) });
      }
    }
    await page.close();
  }
}
await browser.close();
server.close();
for (const fault of faults) console.log(fault);
console.log(`${names.length} pages, 4 views each: ${faults.size} faults`);
process.exitCode = faults.size ? 1 : 0;
