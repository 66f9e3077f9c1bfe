/** Letting customers into a journey by hand. */
import { Button, Modal, SegmentedControl } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { Building } from "../segments/world.tsx";
import { useServices } from "../services.tsx";
import { CustomerPicker } from "../ui/customer-picker.tsx";
import { counted } from "../ui/format.ts";
import { Fault } from "../ui/notice.tsx";
import { useDraft } from "./draft.tsx";
import frame from "./journeys.module.css";
import { SegmentField } from "./segment-field.tsx";

/** Letting somebody in: one customer or a whole segment; the journey's own rules still hold. */
export function EnterDialog({ onClose }: { onClose: () => void }) {
  const { api, queries } = useServices();
  const { view, world } = useDraft();
  const [who, setWho] = useState("segment");
  const [segment, setSegment] = useState(0);
  const [customer, setCustomer] = useState<string | null>(null);
  const enter = useMutation({
    mutationFn: () => api.enterJourney(view.id, who === "segment" ? { segment } : { customerId: customer! }),
    onSuccess: async ({ queued }) => {
      notifications.show({ title: `${counted(queued, "customer")} asked to enter`, message: "Audience, re-entry and holdout hold for them as for everybody." });
      onClose();
      await queries.invalidateQueries({ queryKey: ["journey-runs", view.id] });
    },
  });
  const ready = who === "segment" ? segment > 0 : customer !== null;
  return (
    <Modal opened onClose={onClose} title={<strong>Let customers in</strong>}>
      <div className={frame["dialog"]}>
        <SegmentedControl aria-label="Who" data={[{ value: "segment", label: "A segment" }, { value: "one", label: "One customer" }]} value={who} onChange={setWho} />
        {who === "segment" ? (
          <Building world={world} problems={[]}><SegmentField path="segment" value={segment} onChange={setSegment} /></Building>
        ) : (
          <CustomerPicker chosen={customer === null ? null : { id: customer, name: customer }} onChoose={setCustomer} />
        )}
        <p className="quiet">They are asked to enter now. Who is not in the audience, was in it before or is held out does not come in.</p>
        {enter.isError && <Fault fault={enter.error} />}
        <Button disabled={!ready} loading={enter.isPending} onClick={() => enter.mutate()}>Let them in</Button>
      </div>
    </Modal>
  );
} // prettier-ignore
