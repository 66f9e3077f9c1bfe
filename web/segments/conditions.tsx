/** What a person fills in for each kind of condition: a line of words and fields that reads like the sentence it becomes. */
import { Chip, Group, Select } from "@mantine/core";
import { Link } from "@tanstack/react-router";
import { CONSENT_CHANNELS } from "../../src/consent/channels.ts";
import { CHANNELS } from "../ui/words.ts";
import classes from "./builder.module.css";
import { channelLabel } from "./choices.ts";
import { Did, type FieldsOf, Sequence, Without } from "./did-fields.tsx";
import { Choice, NameField, NumberField } from "./fields.tsx";
import { TestFields } from "./parts.tsx";
import { type Leaf, partOf } from "./rule-edit.ts";
import { useBuilding, useWrong } from "./world.tsx";

const WHETHER = [
  { value: "is", label: "is" },
  { value: "is_not", label: "is not" },
] as const;
/** "is" or "is not", for conditions whose opposite is said that way. */
function Whether({ path, negated, onChange, words = WHETHER }: { path: string; negated: boolean; onChange: (negated: boolean) => void; words?: readonly { value: "is" | "is_not"; label: string }[] }) {
  return <Choice label="Whether" path={path} value={negated ? "is_not" : "is"} data={words} onChange={(value) => onChange(value === "is_not")} />;
} // prettier-ignore

const TRAIT_LEAD = { trait: "Their", computed: "Their", account_trait: "Their account’s" } as const;
function Trait({ path, rule, onChange }: FieldsOf<"trait" | "computed" | "account_trait">) {
  const { world } = useBuilding();
  const { suggested, computed } = world;
  const names = rule.type === "trait" ? suggested.traits : rule.type === "computed" ? computed : suggested.accountTraits; // prettier-ignore
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>{TRAIT_LEAD[rule.type]}</span>
      <NameField
        label={rule.type === "computed" ? "Computed trait" : "Trait"}
        path={partOf(path, "name")}
        placeholder={rule.type === "computed" ? "a computed trait" : "a trait"}
        names={names}
        value={rule.name}
        onChange={(name) => onChange({ ...rule, name })}
      />
      <TestFields path={partOf(path, "is")} test={rule.is} onChange={(is) => onChange({ ...rule, is })} />
    </div>
  );
}

/** Some of a few: each is there to be pressed. */
function Chips({
  label,
  path,
  options,
  value,
  onChange,
}: {
  readonly label: string;
  readonly path: string;
  readonly options: readonly { readonly value: string; readonly label: string }[];
  readonly value: string[];
  readonly onChange: (chosen: string[]) => void;
}) {
  const wrong = useWrong(path);
  return (
    <Chip.Group multiple value={value} onChange={onChange}>
      <Group gap={4} role="group" aria-label={label}>
        {options.map((one) => (
          <Chip key={one.value} value={one.value} size="xs">
            {one.label}
          </Chip>
        ))}
        {wrong && <span className="quiet">{wrong}</span>}
      </Group>
    </Chip.Group>
  );
}

function Stage({ path, rule, negated, onChange }: FieldsOf<"stage">) {
  const { world } = useBuilding();
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>Their stage</span>
      <Whether path={partOf(path, "whether")} negated={negated} onChange={(not) => onChange(rule, not)} />
      <Chips
        label="Stages"
        path={path}
        options={world.stages.map(({ key, name }) => ({ value: key, label: name }))}
        value={[...rule.in]}
        onChange={(keys) => onChange({ ...rule, in: keys })}
      />
      {world.stages.length === 0 && (
        <span className="quiet">
          No stages yet:{" "}
          <Link to="/segments/stages" className="link">
            set them
          </Link>
        </span>
      )}
    </div>
  );
}

const MEMBERSHIP = [
  { value: "is", label: "In" },
  { value: "is_not", label: "Not in" },
] as const;
function Segment({ path, rule, negated, onChange }: FieldsOf<"segment">) {
  const { world } = useBuilding();
  const wrong = useWrong(path);
  return (
    <div className={classes["line"]}>
      <Whether
        path={partOf(path, "whether")}
        negated={negated}
        words={MEMBERSHIP}
        onChange={(not) => onChange(rule, not)}
      />
      <span>the segment</span>
      <Select
        aria-label="Segment"
        className={classes["name"]}
        placeholder="choose"
        searchable
        allowDeselect={false}
        nothingFoundMessage="No segment of that name"
        data={world.segments.map(({ id, name }) => ({ value: String(id), label: name }))}
        value={rule.id < 1 ? null : String(rule.id)}
        error={wrong}
        onChange={(id) => onChange({ ...rule, id: Number(id ?? 0) })}
      />
    </div>
  );
}

function Channel({ path, rule, negated, onChange }: FieldsOf<"channel">) {
  return (
    <div className={classes["line"]}>
      <span className={classes["lead"]}>Their preferred channel</span>
      <Whether path={partOf(path, "whether")} negated={negated} onChange={(not) => onChange(rule, not)} />
      <Chips
        label="Channels"
        path={path}
        options={CHANNELS.map((value) => ({ value, label: channelLabel(value) }))}
        value={[...rule.preferred]}
        onChange={(chosen) => onChange({ ...rule, preferred: chosen as typeof rule.preferred })}
      />
    </div>
  );
}

const CONSENT = [
  { value: "granted", label: "is allowed" },
  { value: "denied", label: "is not allowed" },
  { value: "unknown", label: "was never asked" },
] as const;
function Consent({ path, rule, onChange }: FieldsOf<"consent">) {
  return (
    <div className={classes["line"]}>
      <Choice label="Channel" path={partOf(path, "channel")} value={rule.channel} data={CONSENT_CHANNELS.map((value) => ({ value, label: capital(channelLabel(value)) }))} onChange={(channel) => onChange({ ...rule, channel })} />
      <span>for</span>
      <NameField label="Purpose" path={partOf(path, "purpose")} placeholder="a purpose" names={["marketing", "analytics", "advertising", "functional"]} value={rule.purpose} onChange={(purpose) => onChange({ ...rule, purpose })} />
      <Choice label="Answer" path={partOf(path, "is")} value={rule.is} data={CONSENT} onChange={(is) => onChange({ ...rule, is })} />
    </div>
  );
} // prettier-ignore
const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

const BANDS = ["1", "2", "3", "4", "5"];
function Bands({ rule, onChange }: FieldsOf<"rfm">) {
  const { world } = useBuilding();
  const set = (name: "recency" | "frequency" | "money", bands: string[]) => {
    const { [name]: _, ...rest } = rule;
    onChange(bands.length === 0 ? rest : { ...rest, [name]: bands.map(Number).toSorted((a, b) => a - b) });
  };
  return (
    <div className={classes["bands"]}>
      {(["recency", "frequency", "money"] as const).map((name) => (
        <Chip.Group key={name} multiple value={(rule[name] ?? []).map(String)} onChange={(bands) => set(name, bands)}>
          <Group gap={6} role="group" aria-label={`Bands of ${name}`}>
            <span className={classes["band"]}>{capital(name)}</span>
            {BANDS.map((band) => (
              <Chip key={band} value={band} size="xs" variant="outline">{band}</Chip>
            ))}
            {!rule[name] && <span className="quiet">any</span>}
          </Group>
        </Chip.Group>
      ))}
      {!world.banded && (
        <span className="quiet">
          This workspace has no bands yet: <Link to="/segments/traits" className="link">set them</Link>
        </span>
      )}
    </div>
  );
} // prettier-ignore

const JOURNEY = [
  { value: "in", label: "Is in" },
  { value: "entered", label: "Ever entered" },
  { value: "left", label: "Ever left" },
] as const;
function Journey({ path, rule, onChange }: FieldsOf<"journey">) {
  return (
    <div className={classes["line"]}>
      <Choice label="Whether" path={partOf(path, "state")} value={rule.state} data={JOURNEY} onChange={(state) => onChange({ ...rule, state })} />
      <span>journey</span>
      <NumberField label="Journey" path={partOf(path, "id")} value={rule.id} onChange={(id) => onChange({ ...rule, id })} />
    </div>
  );
} // prettier-ignore

/** The fields of one condition. */
export function Fields({ rule, ...rest }: FieldsOf<Leaf["type"]>) {
  switch (rule.type) {
    case "did":
      return <Did rule={rule} {...rest} />;
    case "sequence":
      return <Sequence rule={rule} {...rest} />;
    case "without":
      return <Without rule={rule} {...rest} />;
    case "trait":
    case "computed":
    case "account_trait":
      return <Trait rule={rule} {...rest} />;
    case "stage":
      return <Stage rule={rule} {...rest} />;
    case "segment":
      return <Segment rule={rule} {...rest} />;
    case "channel":
      return <Channel rule={rule} {...rest} />;
    case "consent":
      return <Consent rule={rule} {...rest} />;
    case "rfm":
      return <Bands rule={rule} {...rest} />;
    case "journey":
      return <Journey rule={rule} {...rest} />;
  }
}
