import { CreateMessageTables1640995200000 } from "./1640995200000-CreateMessageTables.js";
import { AddParticipantAndExtraInfo1672531200000 } from "./1672531200000-AddParticipantAndExtraInfo.js";
import { CreateTrialTables1704067200000 } from "./1704067200000-CreateTrialTables.js";
import { AddExtraData1735689600000 } from "./1735689600000-AddExtraData.js";
import { BecomeTelltale1764547200000 } from "./1764547200000-BecomeTelltale.js";
import { AddViews1795392000000 } from "./1795392000000-AddViews.js";
import { AddDigests1795564800000 } from "./1795564800000-AddDigests.js";
import { AddRightValues1795651200000 } from "./1795651200000-AddRightValues.js";
import { AddDeletedSessions1795737600000 } from "./1795737600000-AddDeletedSessions.js";
import type { Migration } from "./migration.js";

/** The history of the schema as TypeORM migrations, oldest first; an explicit list, so that only compiled-in migrations run. */
export const migrations: (new () => Migration)[] = [
  CreateMessageTables1640995200000,
  AddParticipantAndExtraInfo1672531200000,
  CreateTrialTables1704067200000,
  AddExtraData1735689600000,
  BecomeTelltale1764547200000,
  AddViews1795392000000,
  AddDigests1795564800000,
  AddRightValues1795651200000,
  AddDeletedSessions1795737600000,
];
