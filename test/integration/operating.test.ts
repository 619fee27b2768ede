import { readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import ts from "typescript";
import { startDaemon } from "../support/daemon/daemon.js";
import { get } from "../support/client/http.js";

const root = fileURLToPath(new URL("../../..", import.meta.url));
const page = readFileSync(join(root, "docs", "OPERATING.md"), "utf8").replaceAll("\r\n", "\n");
const levels = ["info", "warn", "error", "fatal"];

/** The rows of the table with this heading, cell by cell, without backticks around them. */
function rowsUnder(heading: string): string[][] {
  const tables = page.match(/(?:^\|.*\|\n)+/gm) ?? [];
  const table = tables.find((one) => one.split("\n")[0]?.includes(` ${heading} `)) ?? "";
  return table
    .split("\n")
    .slice(2, -1)
    .map((row) =>
      row
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim()),
    );
}

/** What an expression may say, `…` for what differs; undefined for what is no text. */
function textsOf(expression: ts.Expression): string[] {
  if (ts.isStringLiteralLike(expression)) return [expression.text];
  if (ts.isTemplateExpression(expression))
    return [
      expression.head.text + expression.templateSpans.map(({ literal }) => `…${literal.text}`).join(""),
    ];
  if (ts.isConditionalExpression(expression))
    return [...textsOf(expression.whenTrue), ...textsOf(expression.whenFalse)];
  if (!ts.isIdentifier(expression)) return [];
  // A constant of the same file.
  const declared: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isVariableDeclaration(node) && node.name.getText() === expression.text && node.initializer)
      declared.push(...textsOf(node.initializer));
    ts.forEachChild(node, look);
  };
  look(expression.getSourceFile());
  return declared;
}

/** Every line that a source file may log, as `level: text`. */
function logLinesOf(path: string): string[] {
  const source = ts.createSourceFile(path, readFileSync(path, "utf8"), ts.ScriptTarget.Latest, true);
  const lines: string[] = [];
  const look = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const { name, expression } = node.expression;
      if (levels.includes(name.text) && /logger$/i.test(expression.getText())) {
        const texts = node.arguments.flatMap(textsOf);
        expect(texts, `${path}: ${node.getText()}`).not.to.have.lengthOf(0);
        lines.push(...texts.map((text) => `${name.text}: ${text}`));
      }
    }
    ts.forEachChild(node, look);
  };
  look(source);
  return lines;
}

describe("OPERATING.md", () => {
  it("says what every line of the log means", () => {
    const files = readdirSync(join(root, "src"), { recursive: true })
      .map((file) => join(root, "src", String(file)))
      .filter((file) => file.endsWith(".ts"));
    const logged = new Set(files.flatMap(logLinesOf));
    expect(logged.size).to.be.greaterThan(20);
    const told = rowsUnder("Message").map(
      ([level, message]) => `${level ?? ""}: ${(message ?? "").slice(1, -1)}`,
    );
    expect(told).to.include.members([...logged]);
  });

  it("lists the metrics, with their kinds and labels", async () => {
    const { text } = await get(await startDaemon(), "/metrics");
    const kinds = [...text.matchAll(/^# TYPE (\S+) (\S+)$/gm)].map(
      ([, name, kind]) => `\`${name!}\` ${kind!}`,
    );
    const rows = rowsUnder("Metric");
    expect(rows.map(([name, kind]) => `${name!} ${kind!}`)).to.have.members(kinds);
    for (const [name = "", , told = ""] of rows) {
      const samples = [
        ...text.matchAll(new RegExp(`^${name.slice(1, -1)}(?:_bucket)?\\{(.*?)="(.*?)"`, "gm")),
      ];
      const labels = samples.filter(([, label]) => label !== "le");
      const [label, ...values] = [...told.matchAll(/`(.*?)`/g)].map(([, word]) => word);
      expect([...new Set(labels.map(([, one]) => one))], name).to.deep.equal(
        label === undefined ? [] : [label],
      );
      if (values.length > 0)
        expect(
          labels.map(([, , value]) => value),
          name,
        ).to.deep.equal(values);
    }
  });

  it("warns by metrics that there are", async () => {
    const { text } = await get(await startDaemon(), "/metrics");
    const [, rules = ""] = /^groups:\n([^]*?)^```$/m.exec(page) ?? [];
    const used = [...rules.matchAll(/\b(telltale|process|nodejs)_[a-z_]+/g)].map(([name]) => name);
    expect(used.length).to.be.greaterThan(5);
    for (const name of used) expect(text).to.match(new RegExp(`^${name}[ {]`, "m"));
  });
});
