/** Making a segment and changing one: name, rule, the rule read back in words, and who would be in. */
import { Button, Group, SegmentedControl, Text, TextInput, Textarea } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation, useQuery } from "@tanstack/react-query";
import { getRouteApi, Link, useBlocker, useNavigate } from "@tanstack/react-router";
import { type FormEvent, useMemo, useRef, useState } from "react";
import type { SegmentView } from "../../src/segments/document.ts";
import type { SegmentDraft } from "../../src/segments/model.ts";
import { Problem as Refusal } from "../http.ts";
import { useServices } from "../services.tsx";
import { BackLink } from "../ui/back.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Fault, Rows } from "../ui/notice.tsx";
import { Page } from "../ui/page.tsx";
import { Builder } from "./builder.tsx";
import classes from "./editor.module.css";
import { JsonView } from "./json-view.tsx";
import { CountStrip, PreviewPanel, usePreview } from "./preview.tsx";
import { placeInRule, type Problem, rooted, unfinished } from "./rule-edit.ts";
import { sentenceOf } from "./rule-words.ts";
import { useSegment } from "./segment.tsx";
import { Building, useWorld } from "./world.tsx";

const newRoute = getRouteApi("/segments/new");
const editRoute = getRouteApi("/segments/$segmentId/edit");
const BLANK: SegmentDraft = { name: "", description: "", rule: { type: "all", rules: [] } };

/** What the server could not use of a draft, told by where it stands in the rule. */
const refusedOf = (fault: unknown): readonly Problem[] =>
  fault instanceof Refusal
    ? fault.fields.flatMap(({ pointer, detail }) => {
        const path = pointer === undefined ? null : placeInRule(pointer);
        return path === null ? [] : [{ path, message: detail }];
      })
    : [];

/** Asks before a changed draft is left behind. `saved` is set the moment it was kept, before the screen is left. */
function Leaving({ changed, saved }: { changed: boolean; saved: { readonly current: boolean } }) {
  const { status, proceed, reset } = useBlocker({
    shouldBlockFn: ({ current, next }) => changed && !saved.current && current.pathname !== next.pathname,
    enableBeforeUnload: () => changed && !saved.current,
    withResolver: true,
  });
  return (
    <Confirm
      opened={status === "blocked"}
      title="Leave without saving?"
      action="Leave"
      danger
      busy={false}
      fault={null}
      onConfirm={() => proceed?.()}
      onClose={() => reset?.()}
    >
      <Text size="sm">What you changed here is not kept.</Text>
    </Confirm>
  );
}

function useSave(segment: SegmentView | null, onKept: () => void) {
  const { api, queries } = useServices();
  const navigate = useNavigate();
  // As it was when the editor opened: what somebody else saved meanwhile is not overwritten unseen.
  const [opened] = useState(segment?.newestVersion);
  return useMutation({
    mutationFn: (draft: SegmentDraft) =>
      segment === null ? api.createSegment(draft) : api.changeSegment(segment.id, draft, opened),
    onSuccess: async (view) => {
      onKept();
      notifications.show({
        title: `${view.name} is saved`,
        message:
          view.progress === null
            ? "It is in force."
            : view.version === null
              ? "It is being built from history and stays exact from then on."
              : "The old rule keeps serving until the new one is whole.",
      });
      queries.setQueryData(["segment", view.id], view);
      await queries.invalidateQueries({ queryKey: ["segments"] });
      await navigate({ to: "/segments/$segmentId", params: { segmentId: String(view.id) } });
    },
  });
}

type EditorProps = {
  readonly segment: SegmentView | null;
  readonly initial: SegmentDraft;
  readonly view: "builder" | "json";
  readonly onView: (view: "builder" | "json") => void;
};
function Editor({ segment, initial, view, onView }: EditorProps) {
  const { draft, change, changed, tried, setTried } = useDraft(initial);
  const saved = useRef(false);
  const world = useWorld();
  const missing = useMemo(() => unfinished(draft.rule), [draft.rule]);
  const preview = usePreview(missing.length === 0 ? draft.rule : null);
  const save = useSave(segment, () => {
    saved.current = true;
  });
  const problems = useMemo(
    () => [...(tried ? missing : []), ...preview.problems, ...refusedOf(save.error)],
    [tried, missing, preview.problems, save.error],
  );
  const set = (part: Partial<SegmentDraft>) => {
    if (save.isError) save.reset();
    change(part);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    const right = missing.length === 0 && draft.name.trim() !== "" && preview.problems.length === 0;
    if (right) save.mutate(draft);
    else requestAnimationFrame(() => document.querySelector<HTMLElement>("form [aria-invalid=true]")?.focus());
  };
  return (
    <form onSubmit={submit} noValidate className={classes["editor"]}>
      <Leaving changed={changed} saved={saved} />
      <div className={classes["main"]}>
        <Naming draft={draft} tried={tried} onChange={set} />
        <section className="sheet" aria-labelledby="rule">
          <header>
            <h2 id="rule">Who is in</h2>
            <SegmentedControl size="xs" aria-label="Show the rule as" data={VIEWS} value={view} onChange={onView} />
          </header>
          <div className="pad">
            {view === "json" ? (
              <JsonView rule={draft.rule} onUse={(rule) => { set({ rule }); onView("builder"); }} />
            ) : (
              <Building world={world} problems={problems}>
                <Builder rule={draft.rule} onChange={(rule) => set({ rule })} />
              </Building>
            )}
          </div>
          <p className={classes["sentence"]} aria-live="polite">
            <span className="quiet">In words: </span>
            {missing.length === 0 ? sentenceOf(draft.rule, world.names) : "…"}
          </p>
        </section>
        {save.isError && <Fault fault={save.error} />}
        <Actions segment={segment} busy={save.isPending} />
      </div>
      <PreviewPanel preview={preview} missing={missing} />
      <CountStrip preview={preview} missing={missing} />
    </form>
  );
} // prettier-ignore

const VIEWS: { value: "builder" | "json"; label: string }[] = [
  { value: "builder", label: "Builder" },
  { value: "json", label: "JSON" },
];

/** What is being written, whether anything was changed, and whether saving was tried. */
function useDraft(initial: SegmentDraft) {
  const [draft, setDraft] = useState<SegmentDraft>(() => ({ ...initial, rule: rooted(initial.rule) }));
  const [tried, setTried] = useState(false);
  const [changed, setChanged] = useState(false);
  const change = (part: Partial<SegmentDraft>) => {
    setChanged(true);
    setDraft((before) => ({ ...before, ...part }));
  };
  return { draft, change, changed, tried, setTried };
}

type NamingProps = {
  draft: SegmentDraft;
  tried: boolean;
  onChange: (part: Partial<SegmentDraft>) => void;
};
function Naming({ draft, tried, onChange }: NamingProps) {
  return (
    <section className={`sheet pad ${classes["naming"]}`} aria-label="Name">
      <TextInput
        label="Name"
        required
        maxLength={200}
        autoFocus={draft.name === ""}
        value={draft.name}
        error={tried && draft.name.trim() === "" ? "Give it a name people will recognise." : null}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <Textarea
        label="What it is for"
        autosize
        minRows={1}
        maxRows={4}
        maxLength={2000}
        value={draft.description}
        onChange={(event) => onChange({ description: event.currentTarget.value })}
      />
    </section>
  );
}

function Actions({ segment, busy }: { segment: SegmentView | null; busy: boolean }) {
  return (
    <Group gap="sm">
      <Button type="submit" loading={busy}>
        {segment === null ? "Create the segment" : "Save the changes"}
      </Button>
      {segment === null ? (
        <Button variant="default" renderRoot={(props) => <Link to="/segments" {...props} />}>
          Cancel
        </Button>
      ) : (
        <Button
          variant="default"
          renderRoot={(props) => (
            <Link to="/segments/$segmentId" params={{ segmentId: String(segment.id) }} {...props} />
          )}
        >
          Cancel
        </Button>
      )}
      {segment !== null && segment.usedBy.length > 0 && (
        <Text size="sm" c="dimmed">
          Also changes: {segment.usedBy.map(({ name }) => name).join(", ")}, which refer to it.
        </Text>
      )}
    </Group>
  );
}

/** A new segment; `?starter=` begins with one of the starters. */
export function NewSegmentScreen() {
  const { api } = useServices();
  const { starter, view } = newRoute.useSearch();
  const navigate = newRoute.useNavigate();
  const starters = useQuery({
    queryKey: ["segment-starters"],
    queryFn: ({ signal }) => api.segmentStarters(signal),
    enabled: starter !== undefined,
    staleTime: Infinity,
  });
  const begun = starters.data?.starters.find(({ key }) => key === starter);
  const initial = begun ? { name: begun.name, description: begun.description, rule: begun.rule } : BLANK;
  return (
    <Page
      title="New segment"
      intro="Say who is in. The number beside it follows as you go, and from then on each event keeps it exact."
      actions={<BackLink to="/segments">Segments</BackLink>}
    >
      {starter !== undefined && starters.isPending ? (
        <Rows />
      ) : (
        <Editor
          key={begun?.key ?? "blank"}
          segment={null}
          initial={initial}
          view={view === "json" ? "json" : "builder"}
          onView={(next) =>
            void navigate({ search: (old) => viewed(old, next), replace: true, resetScroll: false })
          }
        />
      )}
    </Page>
  );
}

/** The search with the view in it; the builder is what an address without one shows. */
function viewed<Search extends { view?: string }>(
  search: Search,
  view: "builder" | "json",
): Omit<Search, "view"> & { view?: string } {
  const { view: _, ...rest } = search;
  return view === "json" ? { ...rest, view } : rest;
}

/** Changing a segment. */
export function EditSegmentScreen() {
  const { segmentId } = editRoute.useParams();
  const { view } = editRoute.useSearch();
  const navigate = editRoute.useNavigate();
  const query = useSegment(segmentId);
  return (
    <Page
      title={query.data ? `Change ${query.data.name}` : "Change a segment"}
      intro="The rule that serves now stays in force until the new one has been built whole."
      actions={
        <BackLink to="/segments/$segmentId" params={{ segmentId }}>
          Back to the segment
        </BackLink>
      }
    >
      {query.isPending && <Rows />}
      {query.isError && (
        <Fault fault={query.error} retry={() => void query.refetch()} retrying={query.isFetching} />
      )}
      {query.data && (
        <Editor
          segment={query.data}
          initial={{ name: query.data.name, description: query.data.description, rule: query.data.rule }}
          view={view === "json" ? "json" : "builder"}
          onView={(next) =>
            void navigate({ search: (old) => viewed(old, next), replace: true, resetScroll: false })
          }
        />
      )}
    </Page>
  );
}
