/** The frame around every screen: rooms at the left, workspace, freshness and menus on top, keys that work everywhere. */
import { ActionIcon, AppShell, Burger, Kbd, Modal, Table, Tooltip } from "@mantine/core";
import { useDisclosure, useLocalStorage } from "@mantine/hooks";
import { Link, Outlet, useRouterState } from "@tanstack/react-router";
import { PanelLeftClose, PanelLeftOpen } from "lucide-react";
import { Suspense, useEffect } from "react";
import { Mark } from "../ui/mark.tsx";
import { Rows } from "../ui/notice.tsx";
import { Freshness } from "./freshness.tsx";
import { useKeys } from "./keys.ts";
import { ThemeMenu, UserMenu, WorkspaceMenu } from "./menus.tsx";
import { useRole } from "../session/role.ts";
import { ROOM_LINKS, roomsFor } from "./rooms.tsx";
import classes from "./shell.module.css";

const HELP: readonly (readonly [keys: readonly string[], does: string])[] = [
  [["/"], "Search"],
  [["?"], "This help"],
  ...ROOM_LINKS.map(({ key, label }) => [["g", key], `Go to ${label}`] as const),
  [["Tab"], "To the next thing; Enter or Space opens it"],
  [["Esc"], "Close what is open"],
];

function Help({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title={<strong>Keyboard</strong>}>
      <Table>
        <Table.Tbody>
          {HELP.map(([keys, does]) => (
            <Table.Tr key={does}>
              <Table.Td w={110}>
                {keys.map((key) => (
                  <Kbd key={key} mr={4}>
                    {key}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{does}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}

function Navigation({ slim, onToggle, onGo }: { slim: boolean; onToggle: () => void; onGo: () => void }) {
  const Toggle = slim ? PanelLeftOpen : PanelLeftClose;
  const rooms = roomsFor(useRole());
  return (
    <nav aria-label="Rooms" className={classes["rooms"]} data-slim={slim}>
      {rooms.map(({ to, label, icon: Icon }) => (
        <Tooltip key={to} label={label} position="right" disabled={!slim}>
          <Link to={to} className={classes["room"]} onClick={onGo} aria-label={slim ? label : undefined}>
            <Icon size={20} aria-hidden="true" />
            <span className={classes["label"]}>{label}</span>
          </Link>
        </Tooltip>
      ))}
      <ActionIcon
        variant="subtle"
        color="gray"
        size="lg"
        onClick={onToggle}
        className={`wide-only ${classes["slimmer"]}`}
        aria-label={slim ? "Widen the navigation" : "Narrow the navigation"}
      >
        <Toggle size={18} />
      </ActionIcon>
    </nav>
  );
}

/** The shell. */
export function Shell() {
  const [opened, menu] = useDisclosure(false);
  const [helped, help] = useDisclosure(false);
  const [slim, setSlim] = useLocalStorage({
    key: "throughline.slim",
    defaultValue: false,
    getInitialValueInEffect: false,
  });
  const path = useRouterState({ select: ({ location }) => location.pathname });
  useKeys(help.open);
  const { close } = menu;
  useEffect(close, [path, close]);
  return (
    <AppShell
      header={{ height: 56 }}
      navbar={{ width: slim ? 64 : 208, breakpoint: "sm", collapsed: { mobile: !opened } }}
      transitionDuration={0}
    >
      <a href="#screen" className="skip">
        Skip to the screen
      </a>
      <AppShell.Header className={classes["header"]}>
        <Burger
          opened={opened}
          onClick={menu.toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={opened ? "Close the navigation" : "Open the navigation"}
        />
        <Link to="/" className={classes["brand"]} aria-label="Throughline, start">
          <Mark size={28} />
          <span className="wide-only">Throughline</span>
        </Link>
        <WorkspaceMenu />
        <span className={classes["gap"]} />
        <Freshness />
        <ThemeMenu />
        <UserMenu showHelp={help.open} />
      </AppShell.Header>
      <AppShell.Navbar className={classes["navbar"]}>
        <Navigation slim={slim && !opened} onToggle={() => setSlim(!slim)} onGo={menu.close} />
      </AppShell.Navbar>
      <AppShell.Main id="screen" tabIndex={-1} className={classes["main"]}>
        <Suspense fallback={<Rows />}>
          <Outlet />
        </Suspense>
      </AppShell.Main>
      <Help opened={helped} onClose={help.close} />
    </AppShell>
  );
}
