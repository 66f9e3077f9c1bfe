/** The button that publishes: it saves what is not saved yet, then asks. */
import { Button } from "@mantine/core";
import { Rocket } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { useDraft } from "./draft.tsx";

const Dialog = lazy(() =>
  import("./publish-dialog.tsx").then(({ PublishDialog }) => ({ default: PublishDialog })),
);

/** The button. */
export function Publish() {
  const { view, draft, changed, problems, checked, save } = useDraft();
  const [asked, setAsked] = useState(false);
  const nothing = !changed && !view.changed;
  const wrong = problems.length > 0;
  const ask = () => {
    if (changed) save.mutate({ draft }, { onSuccess: () => setAsked(true) });
    else setAsked(true);
  };
  return (
    <>
      <Button
        leftSection={<Rocket size={16} />}
        disabled={nothing || wrong || !checked}
        loading={save.isPending}
        title={
          wrong
            ? "First set right what is marked."
            : nothing
              ? "Nothing differs from what is published."
              : undefined
        }
        onClick={ask}
      >
        {changed ? "Save and publish" : "Publish"}
      </Button>
      {asked && (
        <Suspense>
          <Dialog onClose={() => setAsked(false)} />
        </Suspense>
      )}
    </>
  );
}
