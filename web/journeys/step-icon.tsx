/** The icon and the hue of each kind of step: what speaks, what waits, what chooses, what does, what ends. */
import {
  AlarmClock,
  CalendarClock,
  CircleStop,
  Clock,
  CornerDownRight,
  Ear,
  Flag,
  GitBranch,
  LogIn,
  type LucideIcon,
  Mail,
  Megaphone,
  PencilLine,
  Scale,
  Split,
  UserCheck,
  Webhook,
} from "lucide-react";
import type { Step } from "../../src/journeys/model.ts";
import classes from "./canvas.module.css";

type Look = { readonly icon: LucideIcon; readonly tone: "say" | "wait" | "choose" | "act" | "end" | "enter" };
const LOOKS: { readonly [type in Step["type"] | "entry"]: Look } = {
  entry: { icon: LogIn, tone: "enter" },
  message: { icon: Mail, tone: "say" },
  wait: { icon: Clock, tone: "wait" },
  wait_time: { icon: AlarmClock, tone: "wait" },
  wait_date: { icon: CalendarClock, tone: "wait" },
  wait_until: { icon: Ear, tone: "wait" },
  branch: { icon: GitBranch, tone: "choose" },
  split: { icon: Split, tone: "choose" },
  decide: { icon: Scale, tone: "choose" },
  update: { icon: PencilLine, tone: "act" },
  task: { icon: UserCheck, tone: "act" },
  webhook: { icon: Webhook, tone: "act" },
  audience: { icon: Megaphone, tone: "act" },
  goal: { icon: Flag, tone: "end" },
  jump: { icon: CornerDownRight, tone: "end" },
  exit: { icon: CircleStop, tone: "end" },
};

/** The icon of a kind of step, on its colour. */
export function StepIcon({ type }: { type: Step["type"] | "entry" }) {
  const { icon: Icon, tone } = LOOKS[type];
  return (
    <span className={classes["icon"]} data-tone={tone} aria-hidden="true">
      <Icon size={17} />
    </span>
  );
}
