#include "sessions/password_record.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "sessions/test_records.h"

namespace tessera::sessions {
namespace {

constexpr std::string_view kTail = "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA";  // 8 and 16 bytes: as short as they may be
constexpr std::string_view kSalt64 = "c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdHNhbHRzYWx0c2FsdA";

std::string argon2id(std::string_view parameters) { return fmt::format("$argon2id$v=19${}${}", parameters, kTail); }
std::string pbkdf2(std::string_view parameters) { return fmt::format("$pbkdf2-sha256${}${}", parameters, kTail); }

/// "" for one that is taken.
std::string refusal(std::string_view record, RecordOrigin origin = RecordOrigin::imported) {
  const auto read = read_record(record, origin);
  return read ? "" : std::string(base::reason_name(read.error().reason)) + ": " + read.error().context;
}

TEST(PasswordRecord, WhatOthersHashedMatchesItsPasswordAndNoOther) {
  for (const auto& record : kForeignRecords) {
    EXPECT_EQ(refusal(record.ours), "") << record.name;
    EXPECT_TRUE(record_matches(record.ours, kForeignPassword)) << record.name;
    EXPECT_FALSE(record_matches(record.ours, "correct horse")) << record.name;
    EXPECT_FALSE(record_matches(record.ours, "")) << record.name;
  }
}

TEST(PasswordRecord, EveryByteOfSaltAndHashCounts) {
  for (const auto& record : kForeignRecords)
    for (const auto salt_at = record.ours.rfind('$', record.ours.rfind('$') - 1); const auto at : {salt_at + 1, record.ours.size() - 5}) {
      std::string other(record.ours);
      other[at] = other[at] == 'A' ? 'B' : 'A';
      EXPECT_EQ(refusal(other), "");
      EXPECT_FALSE(record_matches(other, kForeignPassword)) << record.name << ' ' << at;
    }
}

TEST(PasswordRecord, ADigestIsNotMistakenForAnother) {
  std::string record(kForeignRecords[3].ours);
  record.replace(record.find("sha256"), 6, "sha512");
  EXPECT_EQ(refusal(record), "");
  EXPECT_FALSE(record_matches(record, kForeignPassword));
}

TEST(PasswordRecord, IsTakenUpToItsBoundsAndRefusedBeyondThem) {
  for (const auto* taken : {"m=8,t=1,p=1", "m=65536,t=10,p=1", "m=128,t=1,p=16"}) EXPECT_EQ(refusal(argon2id(taken)), "") << taken;
  for (const auto* taken : {"i=1000,l=16", "i=2000000,l=16"}) EXPECT_EQ(refusal(pbkdf2(taken)), "") << taken;
  EXPECT_EQ(refusal(argon2id("m=65537,t=1,p=1")), "config_invalid: the record's memory in KiB (m) must be 8 to 65536, not 65537");
  EXPECT_EQ(refusal(argon2id("m=127,t=1,p=16")), "config_invalid: the record's memory in KiB (m) must be 128 to 65536, not 127");
  EXPECT_EQ(refusal(argon2id("m=8,t=11,p=1")), "config_invalid: the record's passes (t) must be 1 to 10, not 11");
  EXPECT_EQ(refusal(argon2id("m=4096,t=1,p=17")), "config_invalid: the record's lanes (p) must be 1 to 16, not 17");
  EXPECT_EQ(refusal(pbkdf2("i=999,l=16")), "config_invalid: the record's iterations (i) must be 1000 to 2000000, not 999");
  EXPECT_EQ(refusal(pbkdf2("i=2000001,l=16")), "config_invalid: the record's iterations (i) must be 1000 to 2000000, not 2000001");
  EXPECT_EQ(refusal(pbkdf2("i=1000,l=65")), "config_invalid: the record's length in bytes (l) must be 16 to 64, not 65");
  EXPECT_EQ(refusal(pbkdf2("i=1000,l=32")), "config_invalid: the record's hash has 16 bytes, and its parameters say 32");
}

TEST(PasswordRecord, SaltAndHashHaveBoundsToo) {
  const std::string cost = "$argon2id$v=19$m=8,t=1,p=1$";
  EXPECT_EQ(refusal(fmt::format("{}{}${}", cost, kSalt64, kSalt64)), "") << "64 bytes each";
  EXPECT_EQ(refusal(cost + "c2FsdHNhbA$aGFzaGhhc2hoYXNoaGFzaA"), "config_invalid: the record's salt in bytes must be 8 to 64, not 7");
  EXPECT_EQ(refusal(cost + "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFz"), "config_invalid: the record's hash in bytes must be 16 to 64, not 15");
  EXPECT_NE(refusal(fmt::format("{}{}QUFB${}", cost, kSalt64.substr(0, 84), kSalt64)), "") << "66 bytes of salt";
  EXPECT_NE(refusal(cost + std::string(300, 'a')), "");
}

TEST(PasswordRecord, OursMayCostWhatCouldBeConfigured) {
  EXPECT_EQ(refusal(argon2id("m=1048576,t=64,p=16"), RecordOrigin::ours), "");
  EXPECT_NE(refusal(argon2id("m=1048577,t=64,p=16"), RecordOrigin::ours), "");
  EXPECT_NE(refusal(argon2id("m=1048576,t=65,p=16"), RecordOrigin::ours), "");
  EXPECT_NE(refusal(pbkdf2("i=2000001,l=16"), RecordOrigin::ours), "") << "none of them is ours";
}

TEST(PasswordRecord, HasOneSpelling) {
  for (const auto* parameters : {"m=08,t=1,p=1", "m=+8,t=1,p=1", "m=8,t=1,p=1,", "m=8,t=1", "t=1,m=8,p=1", "m=8, t=1,p=1", "m=,t=1,p=1",
                                 "m=99999999999999999999,t=1,p=1", "m=8,t=1,p=1,keyid=a"})
    EXPECT_EQ(refusal(argon2id(parameters)), "config_invalid: the record's parameters must be spelled v=19$m=KIB,t=PASSES,p=LANES")
        << parameters;
  for (const auto* parameters : {"i=01000,l=16", "l=16,i=1000", "i=1000", "i=1000,l=16 ", "1000"})
    EXPECT_EQ(refusal(pbkdf2(parameters)), "config_invalid: the record's parameters must be spelled i=ITERATIONS,l=BYTES") << parameters;
  for (const auto* tail :
       {"c2FsdHNhbHQ=$aGFzaGhhc2hoYXNoaGFzaA", "c2FsdHNhbHR$aGFzaGhhc2hoYXNoaGFzaA", "c2FsdHNhb_Q$aGFzaGhhc2hoYXNoaGFzaA",
        "c2Fs dHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA", "c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA\n"})
    EXPECT_NE(refusal("$argon2id$v=19$m=8,t=1,p=1$" + std::string(tail)), "") << tail;
}

TEST(PasswordRecord, WhatIsNoneIsRefusedWithoutBeingRepeated) {
  for (const auto* text :
       {"", "$", "$$", "$$$", "$$$$", "hunter2", "$argon2id", "$argon2id$", "$hunter2$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA",
        "$2b$12$hunter2hunter2hunter2hunter2", "$argon2i$v=19$m=8,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"}) {
    EXPECT_NE(refusal(text), "") << text;
    EXPECT_EQ(refusal(text).find("hunter2"), std::string::npos) << refusal(text);
    EXPECT_FALSE(record_matches(text, "hunter2")) << text;
  }
  EXPECT_EQ(refusal("$bcrypt$a$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA"),
            "config_invalid: the record's scheme must be one of argon2id, pbkdf2, pbkdf2-sha256, pbkdf2-sha512");
}

TEST(PasswordRecord, ItsPartsSpellItAgain) {
  for (const auto& record : kForeignRecords) {
    const auto read = read_record(record.ours, RecordOrigin::imported);
    ASSERT_TRUE(read) << record.name;
    EXPECT_EQ(spell_record(read->cost, read->salt, read->hash), record.ours);
  }
}

TEST(CostOf, IsARecordsStart) {
  EXPECT_EQ(cost_of(argon2id("m=19456,t=2,p=1")), "$argon2id$v=19$m=19456,t=2,p=1$");
  EXPECT_EQ(cost_of(argon2id("m=1048576,t=64,p=16")), "$argon2id$v=19$m=1048576,t=64,p=16$");
  EXPECT_EQ(cost_of(pbkdf2("i=27500,l=16")), "$pbkdf2-sha256$i=27500,l=16$");
}

TEST(CostOf, IsNothingForWhatIsNotHashedBy) {
  for (const std::string& text :
       {std::string(), std::string("password"), argon2id("m=1048577,t=1,p=1"), argon2id("m=0,t=1,p=1"), pbkdf2("i=100,l=16"),
        pbkdf2("i=1000,l=17"), std::string("$argon2id$v=16$m=8,t=1,p=1$") + std::string(kTail),
        std::string("$argon2id$v=19$m=8,t=1,p=1$x$y")})
    EXPECT_EQ(cost_of(text), "") << text;
}

TEST(DummyRecord, IsARecordOfThatCost) {
  const std::string random(kDummyBytes, 'r');
  for (const auto& record : kForeignRecords) {
    const std::string dummy = dummy_record(cost_of(record.ours), random);
    EXPECT_EQ(cost_of(dummy), cost_of(record.ours)) << record.name;
    EXPECT_EQ(dummy.size(), record.ours.size()) << record.name;
    EXPECT_FALSE(record_matches(dummy, kForeignPassword)) << record.name;
  }
}

}  // namespace
}  // namespace tessera::sessions
