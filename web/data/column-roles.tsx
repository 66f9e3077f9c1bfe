/** Choosing what each column means: one line a column, with the first values beside it. */
import { Radio, Select, Stack, TextInput } from "@mantine/core";
import type { IdentifierKind } from "../../src/identity/model.ts";
import { KIND_WORDS } from "../ui/words.ts";
import type { Columns, Role } from "./columns.ts";
import classes from "./import.module.css";

const KINDS = Object.keys(KIND_WORDS) as IdentifierKind[];
const ROLES = [
  { group: "Who", items: KINDS.map((kind) => ({ value: `id:${kind}`, label: KIND_WORDS[kind] })) },
  {
    group: "What happened",
    items: [
      { value: "time", label: "When it happened" },
      { value: "name", label: "Event name" },
      { value: "channel", label: "Channel" },
      { value: "touchpoint", label: "Touchpoint" },
      { value: "message_id", label: "Makes the row unique" },
    ],
  },
  {
    group: "What else is told",
    items: [
      { value: "property", label: "Property of the event" },
      { value: "trait", label: "Trait of the customer" },
      { value: "out", label: "Leave out" },
    ],
  },
];

type ColumnRolesProps = {
  header: readonly string[];
  rows: readonly (readonly string[])[];
  columns: Columns;
  onChange: (columns: Columns) => void;
};
/** The form. */
export function ColumnRoles({ header, rows, columns, onChange }: ColumnRolesProps) {
  const named = Object.values(columns.roles).includes("name");
  return (
    <Stack gap="md">
      <Radio.Group
        label="Each row tells"
        value={columns.type}
        onChange={(value) => onChange({ ...columns, type: value === "identify" ? "identify" : "track" })}
      >
        <Stack gap="xs" mt="xs">
          <Radio value="track" label="Something a customer did" />
          <Radio value="identify" label="Who a customer is" />
        </Stack>
      </Radio.Group>
      {columns.type === "track" && !named && (
        <TextInput
          label="Event name"
          description="The same for every row, such as Order Completed."
          required
          value={columns.eventName}
          onChange={(event) => onChange({ ...columns, eventName: event.currentTarget.value })}
          maw={360}
        />
      )}
      <ul className={classes["roles"]}>
        {header.map((column, at) => (
          <li key={column}>
            <span className="wrap">
              <strong>{column}</strong>
              <span className={classes["values"]}>
                {rows
                  .slice(0, 3)
                  .map((row) => row[at] ?? "")
                  .filter((cell) => cell !== "")
                  .join(", ")}
              </span>
            </span>
            <Select
              aria-label={`Meaning of ${column}`}
              size="xs"
              data={ROLES}
              allowDeselect={false}
              value={columns.roles[column] ?? "out"}
              onChange={(value) =>
                onChange({ ...columns, roles: { ...columns.roles, [column]: (value ?? "out") as Role } })
              }
            />
          </li>
        ))}
      </ul>
    </Stack>
  );
}
