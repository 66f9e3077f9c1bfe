/** People of a workspace and what they may do in it. There is always an owner. */
import type { Sql } from "../db/postgres.ts";
import { Failure } from "../errors.ts";
import type { Instant, WorkspaceId } from "../values.ts";
import { ACCESS_LIMITS, type MemberDraft, type MemberRole, type MemberView } from "./model.ts";
import type { Passwords } from "./secrets.ts";
import { addMember, addUser, alone, userBy } from "./store.ts";

/** The people of a workspace, owners first, then by name. */
export const membersOf = (sql: Sql, workspace: WorkspaceId): Promise<readonly MemberView[]> =>
  sql.query<MemberView>(
    `select u.id, u.email, u.name, m.role from members m join users u on u.id = m.user_id
     where m.workspace = $1 order by m.role <> 'owner', lower(u.name), u.id limit ${ACCESS_LIMITS.members}`,
    [workspace],
  );

/**
 * Lets somebody in. Who has an account keeps it with its name and password; for anybody else one is made, with the
 * password that the owner hands over. Throws `Failure("conflict")` for one who is a member already.
 */
export async function letIn(sql: Sql, passwords: Passwords, workspace: WorkspaceId, { email, name, role, password }: MemberDraft, now: Instant): Promise<MemberView> {
  const known = await userBy(sql, email);
  if (!known && password === undefined) throw new Failure("unprocessable", "Nobody has an account by this e-mail address yet: give a first password.");
  // Outside of the lock: a hash takes a tenth of a second.
  const hash = known ? "" : await passwords.hashOf(password!);
  return alone(sql, async (tx) => {
    const members = await membersOf(tx, workspace);
    if (members.some((one) => one.email === email)) throw new Failure("conflict", "They are a member of this workspace already.");
    if (members.length >= ACCESS_LIMITS.members) throw new Failure("unprocessable", `A workspace has at most ${ACCESS_LIMITS.members} members.`);
    const user = (await userBy(tx, email)) ?? { id: await addUser(tx, { email, name, password_hash: hash }, now), name };
    await addMember(tx, workspace, user.id, role);
    return { id: user.id, email, name: user.name, role };
  });
} // prettier-ignore

/** Gives somebody another role, or takes them out (null). Throws where they are none, or the last owner. */
export async function changeMember(sql: Sql, workspace: WorkspaceId, id: number, role: MemberRole | null): Promise<MemberView> {
  return alone(sql, async (tx) => {
    const members = await membersOf(tx, workspace);
    const member = members.find((one) => one.id === id);
    if (!member) throw new Failure("not_found", `This workspace has no member ${id}.`);
    const isLast = member.role === "owner" && members.filter((one) => one.role === "owner").length === 1;
    if (isLast && role !== "owner") throw new Failure("unprocessable", "A workspace has an owner: make somebody else one first.");
    if (role === null) await tx.query("delete from members where workspace = $1 and user_id = $2", [workspace, id]);
    else await tx.query("update members set role = $3 where workspace = $1 and user_id = $2", [workspace, id, role]);
    return { ...member, role: role ?? member.role };
  });
} // prettier-ignore
