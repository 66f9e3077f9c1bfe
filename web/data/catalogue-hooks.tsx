/** Addresses at which a shop's server tells changes of the catalogue: what was heard last, one more, one less. */
import { Alert, Button, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { Webhook } from "lucide-react";
import { useState } from "react";
import type { HookView } from "../../src/catalogue/document-sources.ts";
import { useServices } from "../services.tsx";
import { CodeBlock } from "../ui/code.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { Loaded } from "../ui/loaded.tsx";
import { DraftForm } from "../ui/draft-form.tsx";
import { Empty } from "../ui/notice.tsx";
import { Ago } from "../ui/time.tsx";
import type { HookMade } from "./catalogue-calls.ts";
import classes from "./import.module.css";

function Hook({ hook, onClose }: { hook: HookView; onClose: () => void }) {
  const { heard, heardAt } = hook;
  return (
    <li className={classes["item"]}>
      <div className={classes["line"]}>
        <strong className="wrap">{hook.name}</strong>
        <span className="quiet wrap mono">{hook.url}</span>
      </div>
      <div className={classes["line"]}>
        <Text size="sm" c="dimmed" component="p" m={0}>
          {hook.kind === "shopify" ? "Shopify" : "Signed requests"} · last heard <Ago at={heardAt} />
          {heard !== null && ` (${[heard.topic, heard.detail].filter(Boolean).join(": ")})`}
        </Text>
        <Button size="compact-sm" variant="default" onClick={onClose} aria-label={`Close ${hook.name}`}>
          Close
        </Button>
      </div>
    </li>
  );
}

function Shown({ made, onClose }: { made: HookMade; onClose: () => void }) {
  return (
    <Stack>
      <CodeBlock label="the address" code={made.url} />
      {made.secret !== null && (
        <>
          <Alert color="yellow" variant="light" title="This secret is shown once">
            Your server signs its requests with it, as Standard Webhooks say.
          </Alert>
          <CodeBlock label="the secret" code={made.secret} />
        </>
      )}
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}

function Draft({ onMade }: { onMade: (made: HookMade) => void }) {
  const { api, queries } = useServices();
  const [name, setName] = useState("");
  const add = useMutation({
    mutationFn: () => api.addCatalogueHook(name),
    onSuccess: async (made) => {
      onMade(made);
      await queries.invalidateQueries({ queryKey: ["catalogue-hooks"] });
    },
  });
  return (
    <DraftForm making={add} action="Make the address">
      <TextInput
        label="Name"
        description="Who tells at it, such as the stock system. For Shopify, make it by the API: it needs Shopify's secret and the shop's currency."
        required
        maxLength={100}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
    </DraftForm>
  );
}

/** The addresses, with what can be done to them. */
export function CatalogueHooks() {
  const { api } = useServices();
  const hooks = useQuery({
    queryKey: ["catalogue-hooks"],
    queryFn: ({ signal }) => api.catalogueHooks(signal),
  });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<HookMade | null>(null);
  const [closing, setClosing] = useState<HookView | null>(null);
  const close = () => {
    setMaking(false);
    setMade(null);
  };
  return (
    <section className="sheet" aria-labelledby="catalogue-hooks">
      <header>
        <h2 id="catalogue-hooks">Changes as they happen</h2>
        <Button size="xs" leftSection={<Webhook size={14} />} onClick={() => setMaking(true)}>
          New address
        </Button>
      </header>
      <Loaded query={hooks} rows={2}>
        {({ hooks: all }) =>
          all.length === 0 ? (
            <Empty icon={<Webhook />} title="Nobody tells changes yet">
              <p>Your shop or stock system can tell each change of price and stock the moment it happens.</p>
            </Empty>
          ) : (
            <ul className={classes["items"]}>
              {all.map((hook) => (
                <Hook key={hook.id} hook={hook} onClose={() => setClosing(hook)} />
              ))}
            </ul>
          )
        }
      </Loaded>
      <Modal opened={making} onClose={close} title={<strong>{made ? "The address" : "New address"}</strong>}>
        {made ? <Shown made={made} onClose={close} /> : <Draft onMade={setMade} />}
      </Modal>
      <ConfirmCall
        target={closing}
        title={`Close ${closing?.name ?? "the address"}?`}
        action="Close the address"
        danger
        call={({ id }) => api.removeCatalogueHook(id)}
        changes="catalogue-hooks"
        onClose={() => setClosing(null)}
      >
        <Text size="sm">Whoever tells at it is turned away from then on. What was told stays.</Text>
      </ConfirmCall>
    </section>
  );
}
