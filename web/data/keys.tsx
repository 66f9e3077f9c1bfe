/** The workspace's keys: make one (a secret one is shown once), revoke one (asks first). */
import { Alert, Button, Modal, Radio, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useMemo, useState } from "react";
import type { KeyCreated, KeyKind, KeyView } from "../../src/access/model.ts";
import { useServices } from "../services.tsx";
import { CodeBlock, CopyIcon } from "../ui/code.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { date } from "../ui/format.ts";
import { Loaded } from "../ui/loaded.tsx";
import { DraftForm } from "../ui/draft-form.tsx";
import { Empty } from "../ui/notice.tsx";
import { type Column, DataTable } from "../ui/table.tsx";

const KIND: { readonly [kind in KeyKind]: string } = { write: "Write", secret: "Secret" };

const columnsOf = (onRevoke: (key: KeyView) => void): readonly Column<KeyView>[] => [
  { id: "name", header: "Name", value: ({ name }) => name, cell: ({ name }) => <strong>{name}</strong> },
  { id: "kind", header: "Kind", value: ({ kind }) => kind, cell: ({ kind }) => KIND[kind] },
  {
    id: "value",
    header: "Key",
    cell: ({ value, hint }) => (
      <span className="mono">
        {value ?? `…${hint}`} {value !== null && <CopyIcon value={value} label="Copy the key" />}
      </span>
    ),
  },
  {
    id: "created",
    header: "Created",
    value: ({ createdAt }) => createdAt,
    cell: ({ createdAt }) => date(Date.parse(createdAt)),
  },
  {
    id: "state",
    header: "State",
    end: true,
    value: ({ revokedAt }) => revokedAt,
    cell: (key) =>
      key.revokedAt === null ? (
        <Button
          variant="default"
          size="compact-sm"
          onClick={() => onRevoke(key)}
          aria-label={`Revoke ${key.name}`}
        >
          Revoke
        </Button>
      ) : (
        <span className="quiet">Revoked {date(Date.parse(key.revokedAt))}</span>
      ),
  },
];

function Shown({ made, onClose }: { made: KeyCreated; onClose: () => void }) {
  return (
    <Stack>
      {made.kind === "secret" && (
        <Alert color="yellow" variant="light" title="This key is shown once">
          Copy it now and keep it where only your servers can read it. Only its fingerprint is kept here.
        </Alert>
      )}
      <CodeBlock label="the new key" code={made.value} />
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}

function Draft({ onMade }: { onMade: (key: KeyCreated) => void }) {
  const { api, queries } = useServices();
  const [kind, setKind] = useState<KeyKind>("write");
  const [name, setName] = useState("");
  const create = useMutation({
    mutationFn: () => api.createKey({ kind, name }),
    onSuccess: async (key) => {
      onMade(key);
      await queries.invalidateQueries({ queryKey: ["keys"] });
    },
  });
  return (
    <DraftForm making={create} action="Create key">
      <TextInput
        label="Name"
        description="What it is for, such as the shop's website."
        required
        maxLength={100}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Radio.Group
        label="Kind"
        value={kind}
        onChange={(value) => setKind(value === "secret" ? "secret" : "write")}
      >
        <Stack gap="xs" mt="xs">
          <Radio
            value="write"
            label="Write key"
            description="Sends events and can read nothing. It may stand in a web page."
          />
          <Radio
            value="secret"
            label="Secret key"
            description="Reads and changes everything in this workspace. For your servers only."
          />
        </Stack>
      </Radio.Group>
    </DraftForm>
  );
}

function NewKey({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  const [made, setMade] = useState<KeyCreated | null>(null);
  const close = () => {
    setMade(null);
    onClose();
  };
  return (
    <Modal opened={opened} onClose={close} title={<strong>{made ? made.name : "New key"}</strong>}>
      {made ? <Shown made={made} onClose={close} /> : <Draft onMade={setMade} />}
    </Modal>
  );
}

/** The keys, with what can be done to them. */
export function Keys() {
  const { api } = useServices();
  const keys = useQuery({ queryKey: ["keys"], queryFn: ({ signal }) => api.keys(signal) });
  const [making, setMaking] = useState(false);
  const [revoking, setRevoking] = useState<KeyView | null>(null);
  const columns = useMemo(() => columnsOf(setRevoking), []);
  return (
    <section className="sheet" aria-labelledby="keys">
      <header>
        <h2 id="keys">Keys</h2>
        <Button size="xs" leftSection={<KeyRound size={14} />} onClick={() => setMaking(true)}>
          New key
        </Button>
      </header>
      <Loaded query={keys} rows={2}>
        {({ keys: all }) =>
          all.length === 0 ? (
            <Empty icon={<KeyRound />} title="No keys">
              <p>
                A write key lets a touchpoint send events; a secret key lets your server ask about customers.
              </p>
            </Empty>
          ) : (
            <DataTable label="Keys" columns={columns} rows={all} rowKey={({ id }) => String(id)} />
          )
        }
      </Loaded>
      <NewKey opened={making} onClose={() => setMaking(false)} />
      <ConfirmCall
        target={revoking}
        title={`Revoke ${revoking?.name ?? "the key"}?`}
        action="Revoke the key"
        danger
        call={({ id }) => api.revokeKey(id)}
        changes="keys"
        onClose={() => setRevoking(null)}
      >
        <Text size="sm">
          Whatever still uses it is turned away within five seconds. This cannot be undone; what it already
          sent stays.
        </Text>
      </ConfirmCall>
    </section>
  );
}
