/** The screen in front of everything: create the owner at the first run, sign in ever after. */
import { Alert, Anchor, Button, PasswordInput, Stack, Text, TextInput, Title } from "@mantine/core";
import { useMutation } from "@tanstack/react-query";
import { type FormEvent, type ReactNode, useState } from "react";
import { Problem } from "../http.ts";
import { SESSION_KEY, useServices } from "../services.tsx";
import { Mark } from "../ui/mark.tsx";
import { Fault } from "../ui/notice.tsx";
import { useTitle } from "../ui/page.tsx";
import classes from "./doorway.module.css";

const PASSWORD_CHARS_MIN = 10;

/** After the cookie was given: read who we are now, and everything else afresh. */
function useEntered() {
  const { queries, readSession } = useServices();
  return async () => {
    queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== SESSION_KEY[0] });
    queries.setQueryData(SESSION_KEY, await readSession());
  };
}

type DoorProps = { title: string; children: ReactNode };
function Door({ title, children }: DoorProps) {
  useTitle(title);
  return (
    <main className={classes["doorway"]}>
      <div className={`sheet ${classes["door"]}`}>
        <div className={classes["brand"]}>
          <Mark size={36} />
          <span>Throughline</span>
        </div>
        <Title order={1} size="h2">
          {title}
        </Title>
        {children}
      </div>
    </main>
  );
}

function SignIn({ ended }: { ended: boolean }) {
  const { api } = useServices();
  const entered = useEntered();
  const [email, setEmail] = useState("");
  const [password, setPassword] = useState("");
  const signIn = useMutation({ mutationFn: () => api.signIn({ email, password }).then(entered) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    signIn.mutate();
  };
  return (
    <Door title="Sign in">
      {ended && (
        <Alert color="thread" variant="light" title="Your session has ended">
          Sign in again and you are back where you were.
        </Alert>
      )}
      <form onSubmit={submit}>
        <Stack>
          <TextInput
            label="Email"
            type="email"
            autoComplete="username"
            required
            autoFocus
            value={email}
            onChange={(e) => setEmail(e.currentTarget.value)}
          />
          <PasswordInput
            label="Password"
            autoComplete="current-password"
            required
            value={password}
            onChange={(e) => setPassword(e.currentTarget.value)}
          />
          {signIn.isError && <Fault fault={signIn.error} />}
          <Button type="submit" loading={signIn.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

/** What is wrong with a new password, or null. Length is what protects (NIST SP 800-63B); no rules about signs. */
const passwordFault = (password: string): string | null =>
  password.length > 0 && password.length < PASSWORD_CHARS_MIN
    ? `At least ${PASSWORD_CHARS_MIN} characters.`
    : null;

type Draft = {
  readonly name: string;
  readonly email: string;
  readonly password: string;
  readonly workspaceName: string;
};
type FieldsProps = { draft: Draft; onChange: (part: Partial<Draft>) => void };
function OwnerFields({ draft, onChange }: FieldsProps) {
  return (
    <>
      <TextInput
        label="Your name"
        autoComplete="name"
        required
        autoFocus
        value={draft.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Email"
        type="email"
        autoComplete="username"
        required
        value={draft.email}
        onChange={(event) => onChange({ email: event.currentTarget.value })}
      />
      <PasswordInput
        label="Password"
        description="A sentence of your own is best."
        autoComplete="new-password"
        required
        error={passwordFault(draft.password)}
        value={draft.password}
        onChange={(event) => onChange({ password: event.currentTarget.value })}
      />
      <TextInput
        label="Business"
        description="Names your workspace. You can leave it empty."
        autoComplete="organization"
        value={draft.workspaceName}
        onChange={(event) => onChange({ workspaceName: event.currentTarget.value })}
      />
    </>
  );
}

function SetUp() {
  const { api, queries } = useServices();
  const entered = useEntered();
  const [draft, setDraft] = useState<Draft>({ name: "", email: "", password: "", workspaceName: "" });
  const setup = useMutation({
    mutationFn: () => {
      const { workspaceName, ...owner } = draft;
      return api.setup(workspaceName.trim() === "" ? owner : { ...owner, workspaceName }).then(entered);
    },
  });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (passwordFault(draft.password) === null) setup.mutate();
  };
  // Somebody else was first: from now on this door is for signing in.
  const taken = setup.error instanceof Problem && setup.error.status === 409;
  return (
    <Door title="Create the owner">
      <Text c="dimmed" size="sm">
        This is the first start. The owner sees everything; the account stays on this server.
      </Text>
      <form onSubmit={submit}>
        <Stack>
          <OwnerFields draft={draft} onChange={(part) => setDraft((before) => ({ ...before, ...part }))} />
          {setup.isError && <Fault fault={setup.error} />}
          {taken && (
            <Anchor
              component="button"
              type="button"
              onClick={() => void queries.invalidateQueries({ queryKey: SESSION_KEY })}
            >
              Go to sign in
            </Anchor>
          )}
          <Button type="submit" loading={setup.isPending} fullWidth>
            Create and start
          </Button>
        </Stack>
      </form>
    </Door>
  );
}

/** The way in. */
export const Doorway = ({ setup, ended }: { setup: boolean; ended: boolean }) =>
  setup ? <SetUp /> : <SignIn ended={ended} />;
