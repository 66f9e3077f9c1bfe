/** What an owner lays down for the desk: the country of phone numbers, who sees contact data, helpdesks that frame the panel, and people. */
import { Alert, Button, Modal, Stack, Switch, Text, TextInput, Textarea } from "@mantine/core";
import { useMutation, useQuery } from "@tanstack/react-query";
import { PanelRight } from "lucide-react";
import { useState } from "react";
import type { DeskSettings, PanelView } from "../../src/desk/model.ts";
import { useServices } from "../services.tsx";
import { BackLink } from "../ui/back.tsx";
import { CodeBlock } from "../ui/code.tsx";
import { ConfirmCall } from "../ui/confirm-call.tsx";
import { DraftForm } from "../ui/draft-form.tsx";
import { Loaded } from "../ui/loaded.tsx";
import { Empty } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import classes from "./desk.module.css";
import { People } from "./people.tsx";

function Laid({ settings }: { settings: DeskSettings }) {
  const { api, queries } = useServices();
  const [country, setCountry] = useState(settings.country ?? "");
  const [showsContact, setShowsContact] = useState(settings.showsContact);
  const lay = useMutation({
    mutationFn: () => api.putDeskSettings({ country: country === "" ? null : country.toUpperCase(), showsContact }), // prettier-ignore
    onSuccess: () => queries.invalidateQueries({ queryKey: ["desk-settings"] }),
  });
  return (
    <div className="pad">
      <DraftForm making={lay} action={lay.isSuccess ? "Saved" : "Save"}>
        <TextInput
          label="Country of phone numbers"
          description="Two letters, such as DE. Numbers without a country are read with it, at the desk and in events."
          maxLength={2}
          w={260}
          value={country}
          onChange={(event) => setCountry(event.currentTarget.value)}
        />
        <Switch
          label="Desk staff and panels see phone numbers and e-mail addresses whole"
          description="Off: masked, for members with the role desk and for agents in a helpdesk's panel."
          checked={showsContact}
          onChange={(event) => setShowsContact(event.currentTarget.checked)}
        />
      </DraftForm>
    </div>
  );
}

type Made = PanelView & { readonly secret: string };
function Shown({ made, onClose }: { made: Made; onClose: () => void }) {
  return (
    <Stack>
      <Alert color="yellow" variant="light" title="This secret is shown once">
        The helpdesk's server signs with it (HS256) who its agent and its customer are; kid is {made.id}.
      </Alert>
      <CodeBlock label="the secret" code={made.secret} />
      <CodeBlock label="the panel's address" code={`${window.location.origin}/desk/panel?token=SIGNED`} />
      <Button onClick={onClose}>Done</Button>
    </Stack>
  );
}

function Draft({ onMade }: { onMade: (made: Made) => void }) {
  const { api, queries } = useServices();
  const [name, setName] = useState("");
  const [origins, setOrigins] = useState("");
  const add = useMutation({
    mutationFn: () => api.addPanel({ name, origins: origins.split(/\s+/).filter(Boolean) }),
    onSuccess: async (made) => {
      onMade(made);
      await queries.invalidateQueries({ queryKey: ["panels"] });
    },
  });
  return (
    <DraftForm making={add} action="Add the panel">
      <TextInput
        label="Helpdesk"
        required
        maxLength={100}
        data-autofocus
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <Textarea
        label="Origins"
        description="Whose pages may frame it, one a line: https://shop.helpdesk.example"
        required
        autosize
        minRows={2}
        value={origins}
        onChange={(event) => setOrigins(event.currentTarget.value)}
      />
    </DraftForm>
  );
}

function Panels() {
  const { api } = useServices();
  const panels = useQuery({ queryKey: ["panels"], queryFn: ({ signal }) => api.panels(signal) });
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<Made | null>(null);
  const [closing, setClosing] = useState<PanelView | null>(null);
  const close = () => {
    setMaking(false);
    setMade(null);
  };
  return (
    <section className="sheet" aria-labelledby="panels">
      <header>
        <h2 id="panels">Helpdesk panels</h2>
        <Button size="xs" leftSection={<PanelRight size={14} />} onClick={() => setMaking(true)}>
          New panel
        </Button>
      </header>
      <Loaded query={panels} rows={2}>
        {({ panels: all }) =>
          all.length === 0 ? (
            <Empty icon={<PanelRight />} title="No helpdesk shows it yet">
              <p>Beside a conversation your helpdesk can frame the customer's story, signed for its agent.</p>
            </Empty>
          ) : (
            <ul className={classes["panels"]}>
              {all.map((panel) => (
                <li key={panel.id} className={classes["line"]}>
                  <span className="wrap">
                    <strong>{panel.name}</strong>
                    <span className={classes["small"]}>{panel.origins.join(", ")}</span>
                  </span>
                  <Button
                    size="compact-sm"
                    variant="default"
                    onClick={() => setClosing(panel)}
                    aria-label={`Remove ${panel.name}`}
                  >
                    Remove
                  </Button>
                </li>
              ))}
            </ul>
          )
        }
      </Loaded>
      <Modal opened={making} onClose={close} title={<strong>{made ? made.name : "New panel"}</strong>}>
        {made ? <Shown made={made} onClose={close} /> : <Draft onMade={setMade} />}
      </Modal>
      <ConfirmCall
        target={closing}
        title={`Remove ${closing?.name ?? "the panel"}?`}
        action="Remove the panel"
        danger
        call={({ id }) => api.removePanel(id)}
        changes="panels"
        onClose={() => setClosing(null)}
      >
        <Text size="sm">Frames that are open stop answering, and what its helpdesk signs opens nothing more.</Text>
      </ConfirmCall>
    </section>
  );
} // prettier-ignore

/** The screen. */
export function DeskSettingsScreen() {
  const { api } = useServices();
  const settings = useQuery({ queryKey: ["desk-settings"], queryFn: ({ signal }) => api.deskSettings(signal) });
  return (
    <Page
      title="Desk settings"
      actions={
        <BackLink to="/desk">Desk</BackLink>
      }
    >
      <Stack>
        <section className="sheet" aria-label="What the desk shows">
          <Loaded query={settings} rows={3}>
            {(laid) => <Laid settings={laid} />}
          </Loaded>
        </section>
        <Panels />
        <People />
      </Stack>
    </Page>
  );
} // prettier-ignore
