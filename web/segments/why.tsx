/** Why somebody is in this segment or not: choose a customer, see each condition. */
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, Link } from "@tanstack/react-router";
import { UserSearch } from "lucide-react";
import type { SegmentView } from "../../src/segments/document.ts";
import { Problem } from "../http.ts";
import { useApi } from "../services.tsx";
import { CustomerPicker } from "../ui/customer-picker.tsx";
import { nameOf } from "../ui/names.ts";
import { Empty, Fault, Rows } from "../ui/notice.tsx";
import { useThisSegment } from "./segment.tsx";
import { WhyTree } from "./why-tree.tsx";

const route = getRouteApi("/segments/$segmentId/why");

function Reasons({ segment, customerId, who }: { segment: SegmentView; customerId: string; who: string }) {
  const api = useApi();
  const why = useQuery({
    queryKey: ["why", customerId, segment.id],
    queryFn: ({ signal }) => api.why(customerId, segment.id, signal),
    refetchInterval: 10_000,
  });
  const missing = why.error instanceof Problem && why.error.status === 404;
  if (why.isPending) return <Rows rows={4} />;
  if (missing)
    return (
      <Empty icon={<UserSearch />} title={`There is no customer ${customerId}`}>
        <p>It may have been joined with another customer. Search for a name or an identifier instead.</p>
      </Empty>
    );
  return (
    <div className="pad">
      {why.isError ? (
        <Fault fault={why.error} retry={() => void why.refetch()} retrying={why.isFetching} />
      ) : (
        <>
          <WhyTree answer={why.data} who={who} />
          <Link to="/customers/$customerId" params={{ customerId }} className="link">
            Open the customer
          </Link>
        </>
      )}
    </div>
  );
}

/** The tab; the customer stands in the address. */
export function WhyTab() {
  const api = useApi();
  const { data: segment } = useThisSegment();
  const { customer: customerId } = route.useSearch();
  const navigate = route.useNavigate();
  const customer = useQuery({
    queryKey: ["customer", customerId],
    queryFn: ({ signal }) => api.customer(customerId!, signal),
    enabled: customerId !== undefined,
  });
  if (segment === undefined) return null;
  const chosen =
    customerId === undefined
      ? null
      : { id: customerId, name: customer.data ? nameOf(customer.data) : customerId };
  const choose = (id: string | null) =>
    void navigate({ search: id === null ? {} : { customer: id }, replace: true, resetScroll: false });
  return (
    <section className="sheet" aria-labelledby="why">
      <header>
        <h2 id="why">Why in, or why not</h2>
        <CustomerPicker key={chosen?.name ?? ""} chosen={chosen} onChoose={choose} />
      </header>
      {chosen === null ? (
        <Empty icon={<UserSearch />} title="Choose a customer">
          <p>Each condition is shown with what is known of them, whether it passes, and when time will change it.</p>
        </Empty>
      ) : (
        <Reasons segment={segment} customerId={chosen.id} who={chosen.name} />
      )}
    </section>
  );
} // prettier-ignore
