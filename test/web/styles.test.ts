/** Every Mantine component that a screen names has its styles: they are imported one by one, since all of them weigh twice as much. */
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { expect, test } from "vitest";

test("every component of Mantine that is in use has its styles", () => {
  const sources = readdirSync("web", { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".tsx"))
    .map((path) => readFileSync(`web/${path}`, "utf8"));
  const named = sources.flatMap((source) =>
    [...source.matchAll(/import \{([^}]+)\} from "@mantine\/core"/g)].flatMap(([, names]) =>
      names!.split(",").map((name) => name.trim()),
    ),
  );
  const used = [...new Set(named)].filter((name) => existsSync(`node_modules/@mantine/core/styles/${name}.css`)); // prettier-ignore
  expect(used.length).toBeGreaterThan(15);
  const styles = readFileSync("web/ui/mantine.css", "utf8");
  expect(used.filter((name) => !styles.includes(`/${name}.css"`))).toEqual([]);
});
