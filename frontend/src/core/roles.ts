/** What a role may do, as the server decides it. Here it only hides what would be refused. */

export type Role = "admin" | "manager" | "reviewer" | "tasker";
export type Right = "read" | "decide" | "run" | "administer";

const LEVEL: Record<Role, number> = { tasker: 0, reviewer: 1, manager: 2, admin: 3 };
const NEEDS: Record<Right, number> = { read: 1, decide: 1, run: 2, administer: 3 };

export function may(role: string | undefined, right: Right): boolean {
  return (LEVEL[role as Role] ?? 0) >= NEEDS[right];
}
