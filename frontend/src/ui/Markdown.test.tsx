import { renderToStaticMarkup } from "react-dom/server";
import { describe, expect, it } from "vitest";
import { Markdown } from "./Markdown";

const html = (text: string) => renderToStaticMarkup(<Markdown text={text} />);

describe("Markdown", () => {
  it("shows HTML as text", () => {
    for (const hostile of [
      "<script>alert(1)</script>",
      "a <img src=x onerror=alert(1)> b",
      "<svg onload=alert(1)></svg>",
      "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
      "<style>body{display:none}</style>",
    ]) {
      const out = html(hostile);
      expect(out).not.toMatch(/<(script|img|svg|iframe|style)/i);
      expect(out).not.toMatch(/<[^>]*\son\w+=/i);
    }
  });
  it("makes no link that runs a script", () => {
    for (const href of [
      "javascript:alert(1)",
      "JaVaScRiPt:alert(1)",
      "data:text/html,<script>x</script>",
      "vbscript:x",
    ]) {
      expect(html(`[click](${href})`)).not.toMatch(/(javascript|data|vbscript):/i);
    }
  });
  it("fetches no picture", () => {
    expect(html("![tracker](https://x.test/p.png)")).not.toContain("<img");
  });
  it("draws what manuals are made of", () => {
    const out = html(
      "# Title\n\n## What it catches\n\n- `iou`: **0.9**\n\n```\ncode <b>\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |",
    );
    expect(out).toContain("<h2>Title</h2>");
    expect(out).toContain("<strong>0.9</strong>");
    expect(out).toContain("code &lt;b&gt;");
    expect(out).toContain("<td>1</td>");
  });
});
