/** The first steps of all cases, drawn as a flow from left to right; each column is all cases. */
import { NativeSelect } from "@mantine/core";
import { getRouteApi, Link, useNavigate } from "@tanstack/react-router";
import type { Variants } from "../../src/map/model.ts";
import { csvOf } from "../../src/csv.ts";
import { Sheet } from "../analysis/sheet.tsx";
import { channelWords } from "../ui/channel.tsx";
import { count, counted } from "../ui/format.ts";
import { type Column, DataTable } from "../ui/table.tsx";
import { Answer } from "./answer.tsx";
import { type Band, type Block, type Flow, flowOf } from "./flow.ts";
import { textOfPart } from "./question.ts";
import frame from "./room.module.css";
import { useVariants } from "./variants.tsx";
import classes from "./views.module.css";
import { nameOfMoment, ofAll } from "./words.ts";

const route = getRouteApi("/map/steps");
const COLUMNS = [3, 4, 5, 6, 8] as const;
const COLUMNS_USUAL = 5;
/** Moments told apart in a column. */
const MOST = 7;
const VARIANTS_READ = 200;
const [WIDTH, HEIGHT, BLOCK, GAP, TOP] = [1080, 460, 12, 5, 26];
const LABEL_CHARS = 20;

type Names = ReadonlyMap<string, { readonly name: string; readonly hue: number }>;
const WORDS = { rest: "Other moments", untold: "Rarer ways", ended: "Ended before" } as const;
const nameOf = ({ kind, key }: Block, names: Names): string =>
  kind === "moment" ? (names.get(key)?.name ?? key) : WORDS[kind];
const toneOf = ({ kind, key }: Block, names: Names) => {
  const hue = kind === "moment" ? (names.get(key)?.hue ?? 0) : 0;
  return hue === 0 ? {} : { style: { "--tone": `hsl(${hue} 55% 50%)` } as object };
};

/** Cases as pixels: blocks of a column stand apart a little, so that the tallest column fits. */
function scaleOf({ blocks, cases }: Flow) {
  const inColumn = (column: number): number => blocks.filter((block) => block.column === column).length;
  const columns = 1 + Math.max(0, ...blocks.map(({ column }) => column));
  const gaps = Math.max(1, ...Array.from({ length: columns }, (_, column) => inColumn(column))) - 1;
  const perCase = (HEIGHT - TOP - gaps * GAP) / Math.max(1, cases);
  const x = (column: number): number => (column * (WIDTH - 150)) / Math.max(1, columns - 1);
  const y = (block: Block): number => {
    const place = blocks.filter(({ column }) => column === block.column).indexOf(block);
    return TOP + block.above * perCase + place * GAP;
  };
  return { x, y, perCase, columns };
}

function BandPath({ band, scale, tone }: { band: Band; scale: ReturnType<typeof scaleOf>; tone: object }) {
  const { x, y, perCase } = scale;
  const [x1, x2] = [x(band.from.column) + BLOCK, x(band.to.column)];
  const [y1, y2, tall] = [y(band.from) + band.fromAbove * perCase, y(band.to) + band.toAbove * perCase, band.cases * perCase];
  const middle = (x1 + x2) / 2;
  return <path className={classes["band"]} {...tone} data-kind={band.from.kind} d={`M${x1} ${y1}C${middle} ${y1} ${middle} ${y2} ${x2} ${y2}V${y2 + tall}C${middle} ${y2 + tall} ${middle} ${y1 + tall} ${x1} ${y1 + tall}Z`} />;
} // prettier-ignore

function FlowChart({ flow, names }: { flow: Flow; names: Names }) {
  const scale = scaleOf(flow);
  const short = (text: string): string => (text.length > LABEL_CHARS ? `${text.slice(0, LABEL_CHARS - 1)}…` : text);
  // Words need room: blocks thinner than a line of text are named in the table only.
  const worded = flow.blocks.filter(({ cases }) => cases * scale.perCase >= 13);
  return (
    // The drawing is wider than a phone: its own place scrolls, by keys too.
    <div className={classes["scroll"]} tabIndex={0} role="group" aria-label="The flow of the first steps">
      <svg className={classes["flow"]} viewBox={`0 0 ${WIDTH} ${HEIGHT + 6}`} role="img" aria-label="How many went from which moment to which; the table behind it says the same.">
        {Array.from({ length: scale.columns }, (_, column) => <text key={column} x={scale.x(column)} y={12} className={classes["step"]}>{column === 0 ? "First" : `Step ${column + 1}`}</text>)}
        {flow.bands.map((band) => <g key={`${band.from.id} ${band.to.id}`} className={classes["block"]} data-kind={band.to.kind === "ended" ? "ended" : band.from.kind} {...(band.to.kind === "ended" ? {} : toneOf(band.from, names))}><BandPath band={band} scale={scale} tone={{}} /></g>)}
        {flow.blocks.map((block) => <rect key={block.id} x={scale.x(block.column)} y={scale.y(block)} width={BLOCK} height={Math.max(1, block.cases * scale.perCase)} rx={3} className={classes["block"]} data-kind={block.kind} {...toneOf(block, names)}><title>{`${nameOf(block, names)}: ${counted(block.cases, "case")}`}</title></rect>)}
        {worded.map((block) => <text key={block.id} x={scale.x(block.column) + BLOCK + 6} y={scale.y(block) + (block.cases * scale.perCase) / 2} dominantBaseline="central">{short(nameOf(block, names))} {ofAll(block.cases, flow.cases)}</text>)}
      </svg>
    </div>
  );
} // prettier-ignore

const columnsOf = (flow: Flow, names: Names): readonly Column<Block>[] => [
  { id: "step", header: "Step", value: ({ column }) => column + 1, cell: ({ column }) => column + 1 },
  { id: "moment", header: "Moment", width: "50%", value: (block) => nameOf(block, names), cell: (block) => block.kind === "moment" ? <Link to="/map" search={(before: object) => ({ ...before, at: textOfPart({ type: "moment", moment: block.key }) })} className="name">{nameOf(block, names)}</Link> : <span className="quiet">{nameOf(block, names)}</span> },
  { id: "cases", header: "Cases", end: true, value: ({ cases }) => cases, cell: ({ cases }) => count(cases) },
  { id: "share", header: "Of all cases", end: true, value: ({ cases }) => cases / Math.max(1, flow.cases), cell: ({ cases }) => ofAll(cases, flow.cases) },
]; // prettier-ignore

const bandsCsv = ({ bands }: Flow, names: Names): string =>
  csvOf(["Step", "From", "To", "Cases"], bands.map(({ from, to, cases }) => [from.column + 1, nameOf(from, names), nameOf(to, names), cases])); // prettier-ignore

/** The flow of an answer, and what its moments are called. */
function toldOf(variants: Variants, columns: number): { readonly flow: Flow; readonly names: Names } {
  const names: Names = new Map(variants.moments.map((one) => [one.key, { name: nameOfMoment(one), hue: one.channel === null ? 0 : channelWords(one.channel).hue }]));
  const flow = flowOf(variants, columns, MOST);
  return { flow, names };
} // prettier-ignore

/** The tab. */
export function StepsTab() {
  const { columns: asked } = route.useSearch();
  const navigate = useNavigate();
  const columns = COLUMNS.find((n) => String(n) === asked) ?? COLUMNS_USUAL;
  const query = useVariants("collapsed", VARIANTS_READ);
  return (
    <div className={frame["column"]}>
      <Answer query={query} teach>
        {(variants, basis) => {
          const { flow, names } = toldOf(variants, columns);
          const { others, totals } = variants;
          return (
            <Sheet
              title="How cases begin"
              basis={basis}
              note={`${counted(totals.cases, "case")} of ${counted(totals.people, "person", "people")}`}
              file={{ name: "first-steps", content: () => bandsCsv(flow, names) }}
              table={<DataTable label="First steps" columns={columnsOf(flow, names)} rows={flow.blocks} rowKey={({ id }) => id} />}
            >
              <div className="pad" style={{ paddingBottom: 0 }}>
                <NativeSelect size="xs" w={150} aria-label="How many steps" value={String(columns)} data={COLUMNS.map((n) => ({ value: String(n), label: `The first ${n} steps` }))} onChange={({ currentTarget: { value } }) => void navigate({ to: ".", search: (before: object) => ({ ...before, columns: value === String(COLUMNS_USUAL) ? undefined : value }), replace: true } as never)} />
              </div>
              <FlowChart flow={flow} names={names} />
              <p className="pad quiet" style={{ margin: 0, paddingTop: "0.25rem" }}>
                A moment that directly follows itself counts once. {others.cases > 0 && `${counted(others.cases, "case")} (${ofAll(others.cases, totals.cases)}) went ${counted(others.variants, "rarer way")} and are one grey band.`}
              </p>
            </Sheet>
          );
        }}
      </Answer>
    </div>
  );
} // prettier-ignore
