/** What is sold: items with price and stock, the feeds they come from, and where a shop's server tells changes. */
import { Button, Group, SegmentedControl, Stack } from "@mantine/core";
import { keepPreviousData, useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { Download, PackageOpen } from "lucide-react";
import type { ItemView } from "../../src/catalogue/document.ts";
import { csvOf } from "../../src/csv.ts";
import { useServices } from "../services.tsx";
import { count, counted, money } from "../ui/format.ts";
import { More } from "../ui/more.tsx";
import { Empty } from "../ui/notice.tsx";
import { Awaiting } from "../ui/loaded.tsx";
import { saveFile } from "../ui/save-file.ts";
import { SearchField } from "../ui/search.tsx";
import { type Column, DataTable, valuesOf } from "../ui/table.tsx";
import { Ago } from "../ui/time.tsx";
import type { Only } from "./catalogue-calls.ts";
import { Feeds } from "./catalogue-feeds.tsx";
import { CatalogueHooks } from "./catalogue-hooks.tsx";

const PAGE_ROWS = 50;
const route = getRouteApi("/data/catalogue");

const ONLY: readonly { readonly value: Only; readonly label: string }[] = [
  { value: "all", label: "All" },
  { value: "offered", label: "Offered" },
  { value: "out_of_stock", label: "Out of stock" },
  { value: "inactive", label: "Inactive" },
];
const onlyOf = (text: string | undefined): Only => ONLY.find(({ value }) => value === text)?.value ?? "all";

/** How many are left, in words. */
export function stockWords({
  stock,
  isOffered,
  goneAt,
}: Pick<ItemView, "stock" | "isOffered" | "goneAt">): string {
  // prettier-ignore
  if (!isOffered) return goneAt === null ? "Not sold any more" : "No longer in its feed";
  if (stock === null) return "Not counted";
  return stock === 0 ? "Out of stock" : `${count(stock)} left`;
}

const COLUMNS: readonly Column<ItemView>[] = [
  {
    id: "name",
    header: "Item",
    value: ({ name, id }) => name ?? id,
    cell: ({ id, name, url }) => (
      <div className="wrap">
        {url !== null && name !== null ? (
          <a className="name" href={url} target="_blank" rel="noreferrer noopener">
            {name}
          </a>
        ) : (
          <strong>{name ?? "Only its stock is known"}</strong>
        )}
        <div className="quiet mono">{id}</div>
      </div>
    ),
  },
  {
    id: "category",
    header: "Category",
    value: ({ category }) => category.join(" > "),
    cell: ({ category }) => category.join(" > "),
  },
  {
    id: "price",
    header: "Price",
    end: true,
    value: ({ priceMinor }) => priceMinor,
    cell: ({ priceMinor, compareAtMinor, currency }) =>
      priceMinor === null || currency === null ? (
        <span className="quiet">Not known</span>
      ) : (
        <div>
          {money(priceMinor, currency)}
          {compareAtMinor !== null && (
            <div className="quiet">
              before <s>{money(compareAtMinor, currency)}</s>
            </div>
          )}
        </div>
      ),
  },
  {
    id: "stock",
    header: "Stock",
    end: true,
    value: ({ stock }) => stock,
    cell: (item) => stockWords(item),
  },
  {
    id: "changed",
    header: "Changed",
    end: true,
    value: ({ updatedAt }) => updatedAt,
    cell: ({ updatedAt }) => <Ago at={updatedAt} />,
  },
];

function saveShown(rows: readonly ItemView[]): void {
  const { header, rows: cells } = valuesOf(COLUMNS, rows);
  saveFile("catalogue.csv", csvOf(["Id", "Currency", ...header], cells.map((row, i) => [rows[i]!.id, rows[i]!.currency, ...row])), "text/csv"); // prettier-ignore
}

function useItems(query: string, only: Only) {
  const { api } = useServices();
  return useInfiniteQuery({
    queryKey: ["items", query, only],
    queryFn: ({ pageParam, signal }) =>
      api.items({ query, only, limit: PAGE_ROWS, cursor: pageParam }, signal),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ nextCursor }) => nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
}

function Nothing({ searched }: { searched: boolean }) {
  return (
    <Empty icon={<PackageOpen />} title={searched ? "Nothing of that kind" : "Nothing in the catalogue yet"}>
      <p>
        {searched
          ? "Search by the beginning of an id, or by a part of a name."
          : "Add the address of a product feed below, or tell items by the API. Messages then say the price of the moment they leave, and do not leave about what is sold out."}
      </p>
    </Empty>
  );
}

function Items() {
  const { api } = useServices();
  const { query = "", only: asked } = route.useSearch();
  const only = onlyOf(asked);
  const navigate = route.useNavigate();
  const narrow = (part: { readonly query?: string; readonly only?: string }) => {
    const search = Object.entries({ query, only, ...part }).filter(([, value]) => value !== "" && value !== "all"); // prettier-ignore
    void navigate({ search: Object.fromEntries(search), replace: true });
  };
  const list = useItems(query, only);
  const counts = useQuery({ queryKey: ["catalogue"], queryFn: ({ signal }) => api.catalogue(signal) });
  const rows = list.data?.pages.flatMap(({ items }) => items) ?? [];
  return (
    <section className="sheet" aria-labelledby="items">
      <header>
        <h2 id="items">
          Items
          {counts.data && (
            <span className="quiet">
              {" "}
              {counted(counts.data.items, "item")}, {count(counts.data.outOfStock)} out of stock
            </span>
          )}
        </h2>
        <SearchField
          label="Search the catalogue"
          placeholder="Id or name"
          value={query}
          onSearch={(text) => narrow({ query: text })}
        />
        <Group gap="xs">
          <SegmentedControl
            aria-label="Which items"
            size="xs"
            data={ONLY.map(({ value, label }) => ({ value, label }))}
            value={only}
            onChange={(value) => narrow({ only: value })}
          />
          <Button
            variant="default"
            leftSection={<Download size={16} />}
            onClick={() => saveShown(rows)}
            disabled={rows.length === 0}
          >
            CSV
          </Button>
        </Group>
      </header>
      <Awaiting query={list} />
      {list.isSuccess && rows.length === 0 && <Nothing searched={query !== "" || only !== "all"} />}
      {rows.length > 0 && (
        <>
          <DataTable label="Items" columns={COLUMNS} rows={rows} rowKey={({ id }) => id} />
          <More list={list} end="That is all." />
        </>
      )}
    </section>
  );
}

/** The tab. */
export function CatalogueTab() {
  return (
    <Stack>
      <Items />
      <Feeds />
      <CatalogueHooks />
    </Stack>
  );
}
