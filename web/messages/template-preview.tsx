/** What a customer would get by the template as it is being written, and whose eyes it is seen with. */
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useDebouncedValue } from "@mantine/hooks";
import type { TemplateDraft } from "../../src/messages/model.ts";
import type { Preview } from "../../src/messages/templates-document.ts";
import { useApi } from "../services.tsx";
import { CustomerPicker } from "../ui/customer-picker.tsx";
import { nameOf } from "../ui/names.ts";
import { Fault, Rows } from "../ui/notice.tsx";
import { counted } from "../ui/format.ts";
import { MessageContent } from "./content.tsx";
import classes from "./template.module.css";
import { reasonWords } from "./words.ts";

const RESTS_MS = 400;

/** The server's rendering of a draft, asked once writing rests. */
export function usePreview(draft: TemplateDraft, customerId: string | undefined) {
  const api = useApi();
  const text = JSON.stringify(draft);
  const [asked] = useDebouncedValue(text, RESTS_MS);
  return useQuery({
    queryKey: ["template-preview", asked, customerId],
    queryFn: ({ signal }) => api.previewTemplate({ template: { ...(JSON.parse(asked) as TemplateDraft), name: draft.name.trim() || "Draft" }, ...(customerId === undefined ? {} : { customerId }) }, signal),
    placeholderData: keepPreviousData,
    retry: false,
    gcTime: 30_000,
  });
} // prettier-ignore

/** What came out, or what keeps it from coming out. */
function Outcome({ preview: { ok, reason, problems, content, sms, fields } }: { preview: Preview }) {
  return (
    <>
      {ok ? (
        <MessageContent content={content} />
      ) : (
        <div role="status" className={classes["held"]}>
          <strong>
            {reason === null
              ? "It cannot be shown yet"
              : `For this customer nothing would leave: ${reasonWords(reason)}`}
          </strong>
          {problems.map(({ path, message, line }) => (
            <span key={`${path} ${line} ${message}`}>{message}</span>
          ))}
        </div>
      )}
      {sms && (
        <p className="quiet">
          {counted(sms.units, "character")}, {counted(sms.parts, "text message")}
          {sms.alphabet === "ucs2" && "; a character outside the short alphabet makes each part hold less"}.
        </p>
      )}
      {fields.length > 0 && <p className={classes["reads"]}>It reads {fields.join(", ")}.</p>}
    </>
  );
}

type PreviewProps = {
  readonly preview: ReturnType<typeof usePreview>;
  readonly customerId: string | undefined;
  readonly onCustomer: (id: string | null) => void;
};
/** The panel. */
export function TemplatePreview({ preview, customerId, onCustomer }: PreviewProps) {
  const api = useApi();
  const customer = useQuery({
    queryKey: ["customer", customerId],
    queryFn: ({ signal }) => api.customer(customerId!, signal),
    enabled: customerId !== undefined,
  });
  const name = customer.data ? nameOf(customer.data) : customerId;
  const chosen = customerId === undefined ? null : { id: customerId, name: name ?? customerId };
  return (
    <section className={`sheet ${classes["preview"]}`} aria-label="Preview">
      <header>
        <h2>What they get</h2>
        <CustomerPicker key={chosen?.name ?? ""} chosen={chosen} onChoose={onCustomer} />
      </header>
      <div className={classes["shown"]} aria-busy={preview.isFetching}>
        {chosen === null && (
          <p className="quiet">Seen with the eyes of a made-up customer. Choose a real one above.</p>
        )}
        {preview.isPending && <Rows rows={5} label="Rendering" />}
        {preview.isError && <Fault fault={preview.error} retry={() => void preview.refetch()} />}
        {preview.data && <Outcome preview={preview.data} />}
      </div>
    </section>
  );
}
