/** Who works in the workspace, and as what: an owner lets colleagues in, mostly to the desk. */
import { Button, Modal, NativeSelect, PasswordInput, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { UserPlus } from "lucide-react";
import { useState } from "react";
import type { MemberView } from "../../src/access/model.ts";
import { useServices } from "../services.tsx";
import { useSession } from "../session/gate.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { DraftForm } from "../ui/draft-form.tsx";
import { Loaded } from "../ui/loaded.tsx";
import classes from "./desk.module.css";

type Role = MemberView["role"];
const ROLES: readonly { readonly value: Role; readonly label: string }[] = [
  { value: "desk", label: "Desk: opens the desk and nothing else" },
  { value: "viewer", label: "Viewer: sees everything" },
  { value: "editor", label: "Editor: changes things too" },
  { value: "owner", label: "Owner: keys, settings and people too" },
];
const roleIn = (text: string): Role => ROLES.find(({ value }) => value === text)?.value ?? "desk";

function Draft({ onAdded }: { onAdded: () => void }) {
  const { api, queries } = useServices();
  const [email, setEmail] = useState("");
  const [name, setName] = useState("");
  const [role, setRole] = useState<Role>("desk");
  const [password, setPassword] = useState("");
  const add = useMutation({
    mutationFn: () => api.addPerson({ email, name, role, ...(password !== "" && { password }) }),
    onSuccess: async () => {
      onAdded();
      await queries.invalidateQueries({ queryKey: ["people"] });
    },
  });
  return (
    <DraftForm making={add} action="Let them in">
      <TextInput
        label="E-mail address"
        type="email"
        required
        data-autofocus
        value={email}
        onChange={(event) => setEmail(event.currentTarget.value)}
      />
      <TextInput
        label="Name"
        required
        maxLength={100}
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <NativeSelect
        label="Role"
        data={[...ROLES]}
        value={role}
        onChange={(event) => setRole(roleIn(event.currentTarget.value))}
      />
      <PasswordInput
        label="First password"
        description="At least ten characters, told to them by you. Who has an account here already keeps theirs."
        autoComplete="new-password"
        visibilityToggleButtonProps={{ "aria-label": "Show the password" }}
        value={password}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
    </DraftForm>
  );
}

/** The people, with what can be done about them. */
export function People() {
  const { api, queries } = useServices();
  const { user } = useSession();
  const members = useQuery({ queryKey: ["people"], queryFn: ({ signal }) => api.people(signal) });
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<MemberView | null>(null);
  const change = useMutation({
    mutationFn: ({ id, role }: { id: number; role: Role }) => api.changePerson(id, role),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["people"] }),
  });
  return (
    <section className="sheet" aria-labelledby="people">
      <header>
        <h2 id="people">People</h2>
        <Button size="xs" leftSection={<UserPlus size={14} />} onClick={() => setAdding(true)}>
          Let somebody in
        </Button>
      </header>
      <Loaded query={members} rows={2}>
        {({ members: all }) => (
          <ul className={classes["panels"]}>
            {all.map((one) => (
              <li key={one.id} className={classes["person"]}>
                <span className="wrap">
                  <strong>{one.name}</strong>
                  <span className={classes["small"]}>{one.email}</span>
                </span>
                <NativeSelect
                  size="xs"
                  aria-label={`Role of ${one.name}`}
                  data={[...ROLES]}
                  value={one.role}
                  disabled={one.id === user.id || change.isPending}
                  onChange={(event) => change.mutate({ id: one.id, role: roleIn(event.currentTarget.value) })}
                />
                {one.id !== user.id && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => setLeaving(one)}
                    aria-label={`Take ${one.name} out`}
                  >
                    Take out
                  </Button>
                )}
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Modal opened={adding} onClose={() => setAdding(false)} title={<strong>Let somebody in</strong>}>
        <Draft onAdded={() => setAdding(false)} />
      </Modal>
      <ConfirmCall
        target={leaving}
        title={`Take ${leaving?.name ?? "them"} out?`}
        action="Take them out"
        danger
        call={({ id }) => api.removePerson(id)}
        changes="people"
        onClose={() => setLeaving(null)}
      >
        <Text size="sm">They open this workspace no more. What they wrote stays under their name.</Text>
      </ConfirmCall>
    </section>
  );
}
