/**
 * The rule builder: conditions and groups of them, each changed where it stands. Everything works by keyboard; a problem
 * is said at the condition it concerns.
 */
import { ActionIcon, Button, Menu, NativeSelect, Text } from "@mantine/core";
import { ArrowDown, ArrowUp, Copy, EllipsisVertical, Plus, Trash2 } from "lucide-react";
import { type ReactNode, useEffect, useId, useRef } from "react";
import type { Rule } from "../../src/segments/model.ts";
import classes from "./builder.module.css";
import { isOnce, KINDS } from "./choices.ts";
import { Fields } from "./conditions.tsx";
import {
  type Group,
  groupOf,
  isLeaf,
  type Leaf,
  type Mode,
  moved,
  partOf,
  problemsAt,
  replaced,
  ruleOf,
} from "./rule-edit.ts";
import { lineOf } from "./rule-words.ts";
import { useBuilding } from "./world.tsx";

const MODES: readonly { readonly value: Mode; readonly label: string }[] = [
  { value: "all", label: "all" },
  { value: "any", label: "any" },
  { value: "none", label: "none" },
  { value: "not_all", label: "not all" },
];
const JOINT: { readonly [mode in Mode]: string } = { all: "and", any: "or", none: "nor", not_all: "and" };
/** Deeper than this the server takes no rule; groups are no longer offered a little before. */
const DEPTH_MAX = 6;

/** Puts the focus where the next key press makes sense. */
function focusWithin(place: Element | null, what: string): void {
  requestAnimationFrame(() => place?.querySelector<HTMLElement>(what)?.focus());
}

/** What can be added, by sections in plain words. */
function AddMenu({ onAdd, groups, label }: { onAdd: (rule: Rule) => void; groups: boolean; label: string }) {
  return (
    <Menu
      position="bottom-start"
      shadow="md"
      width={320}
      returnFocus={false}
      transitionProps={{ duration: 0 }}
    >
      <Menu.Target>
        <Button variant="light" size="xs" leftSection={<Plus size={14} />} data-add>
          {label}
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes["kinds"]}>
        {KINDS.map(({ section, kinds }) => {
          const offered = kinds.filter(({ id }) => groups || (id !== "group" && id !== "account"));
          return offered.length === 0 ? null : (
            <div key={section}>
              <Menu.Label>{section}</Menu.Label>
              {offered.map((kind) => (
                <Menu.Item key={kind.id} onClick={() => onAdd(kind.blank)}>
                  {kind.label}
                  <span className={classes["about"]}>{kind.about}</span>
                </Menu.Item>
              ))}
            </div>
          );
        })}
      </Menu.Dropdown>
    </Menu>
  );
}

type Moves = { readonly onUp?: (() => void) | undefined; readonly onDown?: (() => void) | undefined };
type Actions = Moves & { readonly onCopy: () => void; readonly onNot?: (() => void) | undefined };

function MoreMenu({ onUp, onDown, onCopy, onNot, name }: Actions & { name: string }) {
  return (
    <Menu position="bottom-end" shadow="md" transitionProps={{ duration: 0 }}>
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" aria-label={`More for ${name}`}>
          <EllipsisVertical size={16} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {onNot && <Menu.Item onClick={onNot}>Turn into its opposite</Menu.Item>}
        <Menu.Item leftSection={<Copy size={14} />} onClick={onCopy}>
          Duplicate
        </Menu.Item>
        <Menu.Item leftSection={<ArrowUp size={14} />} disabled={!onUp} onClick={onUp}>
          Move up
        </Menu.Item>
        <Menu.Item leftSection={<ArrowDown size={14} />} disabled={!onDown} onClick={onDown}>
          Move down
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** What is wrong here, said once however many fields it colours. */
function Problems({ path, id, own = false }: { path: string; id: string; own?: boolean }) {
  const { problems } = useBuilding();
  const here = own ? problems.filter((one) => one.path === path || one.path === partOf(path, "rules")) : problemsAt(problems, path);
  const messages = [...new Set(here.map(({ message }) => message))];
  return (
    <ul id={id} className={classes["problems"]} aria-live="polite" hidden={messages.length === 0}>
      {messages.map((message) => (
        <li key={message}>{message}</li>
      ))}
    </ul>
  );
} // prettier-ignore

type NodeProps = Actions & {
  readonly rule: Rule;
  readonly path: string;
  readonly depth: number;
  readonly position: number;
  readonly onChange: (rule: Rule) => void;
  readonly onRemove: () => void;
};

/** One condition, whether asked as it is or as its opposite. */
function Condition({ rule, path, negated, position, onChange, onRemove, ...actions }: Omit<NodeProps, "rule"> & { rule: Leaf; negated: boolean }) {
  const { isFresh, world } = useBuilding();
  const place = useRef<HTMLDivElement>(null);
  const problemsId = useId();
  useEffect(() => {
    if (isFresh(path)) focusWithin(place.current, "input, select");
  }, [isFresh, path]);
  const whole: Rule = negated ? { type: "not", rule } : rule;
  const innerPath = negated ? partOf(path, "rule") : path;
  const saysItself =
    rule.type === "segment" || rule.type === "stage" || rule.type === "channel" || isOnce(rule);
  const change = (next: Leaf, not = negated) => onChange(not ? { type: "not", rule: next } : next);
  const name = `condition ${position}`;
  return (
    <div ref={place} className={classes["condition"]} role="group" aria-label={`Condition ${position}: ${lineOf(whole, world.names)}`} aria-describedby={problemsId}>
      <div className={classes["body"]}>
        {negated && !saysItself && <span className={classes["not"]}>Not</span>}
        <Fields rule={rule} path={innerPath} negated={negated} onChange={change} />
        <Problems path={path} id={problemsId} />
      </div>
      <Ends name={name} onRemove={onRemove} {...actions} onNot={() => onChange(negated ? rule : { type: "not", rule })} />
    </div>
  );
} // prettier-ignore

function Ends({ name, onRemove, ...actions }: Actions & { name: string; onRemove: () => void }) {
  return (
    <span className={classes["ends"]}>
      <MoreMenu name={name} {...actions} />
      <ActionIcon variant="subtle" color="gray" aria-label={`Remove ${name}`} onClick={onRemove}>
        <Trash2 size={16} />
      </ActionIcon>
    </span>
  );
}

/** A group within a group, or a rule about the account's members. */
function Nested(props: NodeProps & { group: Group; lead: string; path: string; innerPath: string; onGroup: (rule: Rule) => void }) {
  const { group, lead, innerPath, depth, position, onGroup, onRemove, onUp, onDown, onCopy } = props;
  return (
    <div className={classes["nested"]}>
      <GroupFields
        group={group}
        path={innerPath}
        depth={depth}
        lead={lead}
        label={`Group ${position}`}
        onChange={onGroup}
        ends={<Ends name={`group ${position}`} onRemove={onRemove} onUp={onUp} onDown={onDown} onCopy={onCopy} />}
      />
    </div>
  );
} // prettier-ignore

/** A condition or a group, whichever the rule is. */
function Node(props: NodeProps) {
  const { rule, path, onChange } = props;
  const group = groupOf(rule, path);
  if (group) return <Nested {...props} group={group} innerPath={path} lead="Matches" onGroup={onChange} />;
  if (rule.type === "account") {
    const innerPath = partOf(path, "rule");
    const inner = groupOf(rule.rule, innerPath);
    if (inner) return <Nested {...props} group={inner} innerPath={innerPath} lead="Somebody in their account matches" onGroup={(next) => onChange({ ...rule, rule: next })} />;
  }
  if (rule.type === "not") {
    const inner = rule.rule;
    if (isLeaf(inner)) return <Condition {...props} rule={inner} negated />;
    return (
      <div className={classes["nested"]}>
        <span className={classes["not"]}>Not</span>
        <Node {...props} rule={inner} path={partOf(path, "rule")} depth={props.depth + 1} onChange={(next) => onChange({ type: "not", rule: next })} />
      </div>
    );
  }
  return isLeaf(rule) ? <Condition {...props} rule={rule} negated={false} /> : null;
} // prettier-ignore

type GroupProps = {
  readonly group: Group;
  readonly path: string;
  readonly depth: number;
  readonly lead: string;
  readonly label: string;
  readonly ends?: ReactNode;
  readonly onChange: (rule: Rule) => void;
};
function GroupFields({ group, path, depth, lead, label, ends, onChange }: GroupProps) {
  const { announce } = useBuilding();
  const { mode, rules, rulesPath } = group;
  const place = useRef<HTMLElement>(null);
  const problemsId = useId();
  const set = (next: readonly Rule[]) => onChange(ruleOf(mode, next));
  const add = (rule: Rule, at: number) => {
    announce(`${rulesPath}/${at}`);
    set([...rules.slice(0, at), rule, ...rules.slice(at)]);
  };
  const remove = (at: number) => {
    set(replaced(rules, at, null));
    focusWithin(place.current, ":scope > footer [data-add]");
  };
  return (
    <section ref={place} aria-label={label} aria-describedby={problemsId} className={classes["group"]}>
      <header className={classes["line"]}>
        <span>{lead}</span>
        <NativeSelect aria-label={`${label}: how many have to hold`} className={classes["mode"]} data={MODES as never} value={mode} onChange={(event) => onChange(ruleOf(event.currentTarget.value as Mode, rules))} />
        <span>of these</span>
        {ends}
      </header>
      <Problems path={path} id={problemsId} own />
      <ol className={classes["rules"]}>
        {rules.map((rule, i) => (
          <li key={`${i} ${rule.type}`}>
            {i > 0 && <span className={classes["joint"]}>{JOINT[mode]}</span>}
            <Node
              rule={rule} path={`${rulesPath}/${i}`} depth={depth + 1} position={i + 1}
              onChange={(next) => set(replaced(rules, i, next))} onRemove={() => remove(i)} onCopy={() => add(rule, i + 1)}
              onUp={i > 0 ? () => set(moved(rules, i, i - 1)) : undefined} onDown={i < rules.length - 1 ? () => set(moved(rules, i, i + 1)) : undefined}
            />
          </li>
        ))}
      </ol>
      <footer>
        <AddMenu groups={depth < DEPTH_MAX} label={rules.length === 0 ? "Add the first condition" : "Add condition"} onAdd={(rule) => add(rule, rules.length)} />
      </footer>
    </section>
  );
} // prettier-ignore

/** The builder of a whole rule, whose root is a group (see `rooted`). */
export function Builder({ rule, onChange }: { rule: Rule; onChange: (rule: Rule) => void }) {
  const group = groupOf(rule, "");
  if (group === null)
    return <Text>This rule cannot be drawn. Change it as JSON, or begin with a new one.</Text>;
  return (
    <GroupFields
      group={group}
      path=""
      depth={0}
      lead="Customers who match"
      label="Conditions"
      onChange={onChange}
    />
  );
}
