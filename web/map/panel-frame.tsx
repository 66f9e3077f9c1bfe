/** Where the panel of what is chosen stands: beside the map, or over it from below on a phone. Loaded once something is chosen. */
import { Drawer } from "@mantine/core";
import { useNarrow } from "../journeys/narrow.ts";
import classes from "./graph.module.css";
import { type PanelProps, PartPanel } from "./part-panel.tsx";

/** The panel in its place. */
export function PanelFrame(props: PanelProps) {
  const narrow = useNarrow();
  if (!narrow)
    return (
      <aside className={classes["panel"]} aria-label="What is chosen">
        <PartPanel {...props} />
      </aside>
    );
  return (
    <Drawer.Root opened onClose={props.onClose} position="bottom" size="88%">
      <Drawer.Overlay />
      <Drawer.Content aria-label="What is chosen">
        <Drawer.Body p={0}>
          <PartPanel {...props} />
        </Drawer.Body>
      </Drawer.Content>
    </Drawer.Root>
  );
}
