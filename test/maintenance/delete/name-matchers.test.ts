import { expect } from "chai";
import { nameMatcher, participantMatcher } from "../../../src/maintenance/delete/name-matchers.js";

describe("participantMatcher", () => {
  const names = participantMatcher("Erika M.");

  for (const text of [
    '{"participant_id":"Erika M."}',
    '{"message":{"participant_id": "Erika M.", "x": 1}}',
    '{"config_str":"[common]\\nparticipant_id = Erika M.\\nlb = [0]"}',
    '{"config_str":"participant_id:\\tErika M."}',
    '{"config_str":"Participant_ID=Erika M.',
    '{"config_str":"{\\"participant_id\\": \\"Erika M.\\"}"}',
    "In line 1 of the config, `participant_id = Erika M.\n` comes before the first section",
    "\ufffdparticipant_id\ufffdErika M.\ufffdx",
  ])
    it(`finds the participant in ${JSON.stringify(text)}`, () => {
      expect(names(text)).to.equal(true);
    });

  for (const text of [
    '{"participant_id":"Erika MX"}',
    '{"participant_id":"Erika M.2"}',
    '{"participant_id":"erika m."}',
    '{"participant_id":"Anna","note":"Erika M."}',
    '{"config_str":"participant_id = Erika M. the second\\n"}',
    "",
  ])
    it(`finds another or none in ${JSON.stringify(text)}`, () => {
      expect(names(text)).to.equal(false);
    });

  it("finds a number where the client wrote one", () => {
    expect(participantMatcher("12")('{"participant_id":12}')).to.equal(true);
    expect(participantMatcher("12")('{"participant_id":123}')).to.equal(false);
  });

  it("finds nobody for an empty name", () => {
    expect(participantMatcher("")('{"participant_id":""}')).to.equal(false);
  });
});

describe("nameMatcher", () => {
  it("finds a session's id in whatever case", () => {
    const names = nameMatcher("abcdef00-0000-4000-8000-000000000001");
    expect(names('{"session":"ABCDEF00-0000-4000-8000-000000000001"}')).to.equal(true);
    expect(names('{"session":"abcdef00-0000-4000-8000-000000000002"}')).to.equal(false);
  });
});
