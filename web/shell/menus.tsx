/** The header's menus: which workspace, light or dark, and who is signed in. */
import { ActionIcon, Avatar, Menu, UnstyledButton, useMantineColorScheme } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { Check, ChevronsUpDown, Keyboard, LogOut, Monitor, Moon, Sun } from "lucide-react";
import { notifications } from "@mantine/notifications";
import { useState } from "react";
import { SESSION_KEY, useServices } from "../services.tsx";
import { useSession } from "../session/gate.tsx";
import classes from "./shell.module.css";

/** The workspace at work; a menu once there are several. */
export function WorkspaceMenu() {
  const { workspaces } = useSession();
  const { workspaceId, chooseWorkspace } = useServices();
  const [chosen, setChosen] = useState(workspaceId);
  const current = workspaces.find(({ id }) => id === chosen) ?? workspaces[0];
  if (current === undefined) return <span className="quiet">No workspace</span>;
  if (workspaces.length === 1) return <span className={classes["workspace"]}>{current.name}</span>;
  const choose = (id: number) => {
    chooseWorkspace(id);
    setChosen(id);
    // What is on the screen belongs to the other workspace: begin again at the start.
    window.location.assign("/");
  };
  return (
    <Menu position="bottom-start" shadow="md">
      <Menu.Target>
        <UnstyledButton className={classes["workspace"]} aria-label={`Workspace: ${current.name}`}>
          <span className="clip">{current.name}</span>
          <ChevronsUpDown size={14} aria-hidden="true" />
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>Workspace</Menu.Label>
        {workspaces.map(({ id, name }) => (
          <Menu.Item
            key={id}
            onClick={() => choose(id)}
            rightSection={id === current.id ? <Check size={14} /> : null}
          >
            {name}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

const SCHEMES = [
  { value: "light", label: "Light", icon: Sun },
  { value: "dark", label: "Dark", icon: Moon },
  { value: "auto", label: "As the system", icon: Monitor },
] as const;

/** Light, dark, or as the system has it. */
export function ThemeMenu() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const current = SCHEMES.find(({ value }) => value === colorScheme) ?? SCHEMES[2];
  return (
    <Menu position="bottom-end" shadow="md">
      <Menu.Target>
        <ActionIcon variant="subtle" color="gray" size="lg" aria-label={`Theme: ${current.label}`}>
          <current.icon size={18} />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {SCHEMES.map(({ value, label, icon: Icon }) => (
          <Menu.Item
            key={value}
            leftSection={<Icon size={16} />}
            rightSection={value === colorScheme ? <Check size={14} /> : null}
            onClick={() => setColorScheme(value)}
          >
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}

/** The signed-in person, the keyboard help and the way out. */
export function UserMenu({ showHelp }: { showHelp: () => void }) {
  const { user } = useSession();
  const { api, queries, readSession } = useServices();
  const signOut = useMutation({
    mutationFn: () => api.signOut().then(() => readSession()),
    onSuccess: (session) => {
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
      queries.setQueryData(SESSION_KEY, session);
    },
    onError: (fault) =>
      notifications.show({ color: "red", title: "Still signed in", message: fault.message }),
  });
  return (
    <Menu position="bottom-end" shadow="md" width={240}>
      <Menu.Target>
        <UnstyledButton className={classes["person"]}>
          <Avatar name={user.name} color="thread" size={32} radius="xl" alt="" aria-hidden="true" />
          <span className="unseen">Signed in as {user.name}</span>
        </UnstyledButton>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Label>
          {user.name}
          <br />
          {user.email}
        </Menu.Label>
        <Menu.Item leftSection={<Keyboard size={16} />} onClick={showHelp}>
          Keyboard
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={16} />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
