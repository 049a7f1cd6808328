#include "sessions/keycloak_credential.h"

#include <gtest/gtest.h>

#include "sessions/test_records.h"

namespace tessera::sessions {
namespace {

const std::string kArgon2(kForeignRecords[0].keycloak);
const std::string kPbkdf2(kForeignRecords[4].keycloak);

std::string with(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return text.replace(at, from.size(), to);
}

std::string refusal(const std::string& credential) {
  const auto record = record_of_keycloak_credential(credential);
  if (record) return "taken";
  EXPECT_EQ(record.error().reason, Reason::config_invalid);
  return record.error().context;
}

TEST(KeycloakCredential, IsKeptAsOurRecord) {
  for (const auto& each : kForeignRecords) {
    const auto record = record_of_keycloak_credential(each.keycloak);
    ASSERT_TRUE(record) << each.name << ": " << record.error().context;
    EXPECT_EQ(*record, each.ours);
  }
}

TEST(KeycloakCredential, WhatElseAnExportSaysIsPassedOver) {
  EXPECT_EQ(refusal(with(kPbkdf2, "{\"type\"", " {\n \"id\": \"1\", \"createdDate\": 1, \"userLabel\": \"mine\", \"type\"")), "taken");
  EXPECT_EQ(refusal(with(kPbkdf2, ",\\\"additionalParameters\\\":{}", "")), "taken") << "older exports have none";
  EXPECT_EQ(refusal(with(kPbkdf2, "Hw==", "Hw")), "taken") << "Java reads it without padding";
}

TEST(KeycloakCredential, OtherKindsOfArgon2AreRefused) {
  EXPECT_EQ(refusal(with(kArgon2, "[\\\"id\\\"]", "[\\\"i\\\"]")), "of Argon2 only type id, version 1.3 can be verified");
  EXPECT_EQ(refusal(with(kArgon2, "1.3", "1.0")), "of Argon2 only type id, version 1.3 can be verified");
  EXPECT_EQ(refusal(with(kArgon2, "[\\\"32\\\"]", "[\\\"64\\\"]")), "the credential's hashLength is not its value's");
  EXPECT_EQ(refusal(with(kArgon2, "\\\"parallelism\\\":[\\\"1\\\"]", "\\\"parallelism\\\":[\\\"17\\\"]")),
            "the record's lanes (p) must be 1 to 16, not 17");
  EXPECT_EQ(refusal(with(kArgon2, "[\\\"7168\\\"]", "[\\\"7168,t=1\\\"]")),
            "the record's parameters must be spelled v=19$m=KIB,t=PASSES,p=LANES");
  EXPECT_EQ(refusal(with(kArgon2, "[\\\"7168\\\"]", "\\\"7168\\\"")), "the credential's memory is missing, or not one text in a list");
}

TEST(KeycloakCredential, BeyondTheBoundsOfImportedRecordsIsRefused) {
  EXPECT_EQ(refusal(with(kArgon2, "7168", "65537")), "the record's memory in KiB (m) must be 8 to 65536, not 65537");
  EXPECT_EQ(refusal(with(kArgon2, "\\\"hashIterations\\\":5", "\\\"hashIterations\\\":11")),
            "the record's passes (t) must be 1 to 10, not 11");
  EXPECT_EQ(refusal(with(kPbkdf2, "27500", "1")), "the record's iterations (i) must be 1000 to 2000000, not 1");
  EXPECT_EQ(refusal(with(kPbkdf2, "27500", "-27500")), "the record's parameters must be spelled i=ITERATIONS,l=BYTES");
  EXPECT_EQ(refusal(with(kPbkdf2, "pbkdf2-sha256", "pbkdf2-sha384")),
            "the record's scheme must be one of argon2id, pbkdf2, pbkdf2-sha256, pbkdf2-sha512");
  EXPECT_EQ(refusal(with(kPbkdf2, "pbkdf2-sha256", "argon2id$v=19$m=8,t=1,p=1")),
            "the record's parameters must be spelled v=19$m=KIB,t=PASSES,p=LANES");
}

TEST(KeycloakCredential, SaysWhatIsMissing) {
  EXPECT_EQ(refusal("[]"), "the credential is no JSON object");
  EXPECT_EQ(refusal("{"), "the credential is no JSON object");
  EXPECT_EQ(refusal("{}"), "the credential's type is missing, or no text");
  EXPECT_EQ(refusal(with(kPbkdf2, "\"password\"", "\"otp\"")), "the credential's type is not password");
  EXPECT_EQ(refusal(with(kPbkdf2, "secretData", "secret")),
            "the credential has no secretData: a realm export that was made with the users has it, the admin API's answers have not");
  EXPECT_EQ(refusal(with(kPbkdf2, "\"credentialData\":\"{", "\"credentialData\":\"")), "the credential's credentialData is no JSON object");
  EXPECT_EQ(refusal(with(kPbkdf2, "\\\"salt\\\"", "\\\"salts\\\"")), "the credential's salt is missing, or no text");
  EXPECT_EQ(refusal(with(kPbkdf2, "EBES", "EB_S")), "the credential's salt is no base64");
  EXPECT_EQ(refusal(with(kPbkdf2, "27500", "\\\"27500\\\"")), "the credential's hashIterations is missing, or no whole number");
  EXPECT_EQ(refusal(with(kPbkdf2, "{\"type\"", "{\"type\":\"password\",\"type\"")), "the credential is no JSON object") << "given twice";
}

}  // namespace
}  // namespace tessera::sessions
