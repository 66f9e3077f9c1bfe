/** Starters: what a person can begin with instead of from nothing, as cards while a list is empty and as a menu ever after. */
import { Button, Menu } from "@mantine/core";
import { ChevronDown } from "lucide-react";
import type { ReactNode } from "react";
import classes from "./starters.module.css";

type Shown = { readonly key: string; readonly name: string; readonly description: string };

type CardsProps<One> = { starters: readonly One[]; actionsOf: (starter: One) => ReactNode };
/** A card each, with what can be done with it. */
export function StarterCards<One extends Shown>({ starters, actionsOf }: CardsProps<One>) {
  return (
    <ul className={classes["cards"]} aria-label="Starters">
      {starters.map((starter) => (
        <li key={starter.key}>
          <h3>{starter.name}</h3>
          <p>{starter.description}</p>
          <span className={classes["actions"]}>{actionsOf(starter)}</span>
        </li>
      ))}
    </ul>
  );
}

type MenuProps<One> = { label: string; starters: readonly One[]; onChoose: (starter: One) => void };
/** The arrow beside the button that begins from nothing; to stand in the button's group. */
export function StarterMenu<One extends Shown>({ label, starters, onChoose }: MenuProps<One>) {
  return (
    <Menu position="bottom-end" shadow="md" width={320}>
      <Menu.Target>
        <Button px="xs" aria-label={label} disabled={starters.length === 0}>
          <ChevronDown size={16} />
        </Button>
      </Menu.Target>
      <Menu.Dropdown className={classes["menu"]}>
        <Menu.Label>Begin with</Menu.Label>
        {starters.map((starter) => (
          <Menu.Item key={starter.key} onClick={() => onChoose(starter)}>
            {starter.name}
            <span className={classes["about"]}>{starter.description}</span>
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
