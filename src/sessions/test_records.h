// Passwords as Keycloak exports them and as we keep them, for tests. Made by other programs than those under test: argon2-cffi 25.1 (the
// reference implementation of Argon2) and hashlib.pbkdf2_hmac of Python 3.11, with salt 10 11 12 .. 1f.
#pragma once

#include <string_view>

namespace tessera::sessions {

inline constexpr std::string_view kForeignPassword = "correct h\xC3\xB6rse";

struct ForeignRecord {
  std::string_view name;
  std::string_view keycloak;
  std::string_view ours;
};

inline constexpr ForeignRecord kForeignRecords[] = {
    {"argon2id as Keycloak makes it",
     R"({"type":"password","secretData":"{\"value\":\"uejrs5ajrbMExORJmWwzuw4n7jZBfPChFTNIx9uGJW8=\",\"salt\":\"EBESEx)"
     R"(QVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":5,\"algorithm\":\"arg)"
     R"(on2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\)"
     R"("1.3\"],\"parallelism\":[\"1\"]}}"})",
     R"($argon2id$v=19$m=7168,t=5,p=1$EBESExQVFhcYGRobHB0eHw$uejrs5ajrbMExORJmWwzuw4n7jZBfPChFTNIx9uGJW8)"},
    {"argon2id in four lanes",
     R"({"type":"password","secretData":"{\"value\":\"nzNwQOrFrcvlEAQBRTKhoW0a/BbNoTY1YAjujH5hiqQ=\",\"salt\":\"EBESEx)"
     R"(QVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":5,\"algorithm\":\"arg)"
     R"(on2\",\"additionalParameters\":{\"hashLength\":[\"32\"],\"memory\":[\"7168\"],\"type\":[\"id\"],\"version\":[\)"
     R"("1.3\"],\"parallelism\":[\"4\"]}}"})",
     R"($argon2id$v=19$m=7168,t=5,p=4$EBESExQVFhcYGRobHB0eHw$nzNwQOrFrcvlEAQBRTKhoW0a/BbNoTY1YAjujH5hiqQ)"},
    {"pbkdf2-sha512",
     R"({"type":"password","secretData":"{\"value\":\"Ds2I8jRU1xCWCyTcQ7eUpKaX0zPATttrAK2qqz57eZfHGBVhe7XAnwQLf8XgsWOa)"
     R"(N6CdZK3DppKqNoPmRoMO2g==\",\"salt\":\"EBESExQVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData)"
     R"(":"{\"hashIterations\":210000,\"algorithm\":\"pbkdf2-sha512\",\"additionalParameters\":{}}"})",
     R"($pbkdf2-sha512$i=210000,l=64$EBESExQVFhcYGRobHB0eHw$Ds2I8jRU1xCWCyTcQ7eUpKaX0zPATttrAK2qqz57eZfHGBVhe7XAnwQLf8)"
     R"(XgsWOaN6CdZK3DppKqNoPmRoMO2g)"},
    {"pbkdf2-sha256 of 64 bytes",
     R"({"type":"password","secretData":"{\"value\":\"ca8InSiwZ1RMN6HdRqR4W1nKYDufTNYro6hmhcCzeiAluLJWNADTsaxulHegGEKQ)"
     R"(uZpriSKp6TT+GR4dZ+MhuQ==\",\"salt\":\"EBESExQVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData)"
     R"(":"{\"hashIterations\":27500,\"algorithm\":\"pbkdf2-sha256\",\"additionalParameters\":{}}"})",
     R"($pbkdf2-sha256$i=27500,l=64$EBESExQVFhcYGRobHB0eHw$ca8InSiwZ1RMN6HdRqR4W1nKYDufTNYro6hmhcCzeiAluLJWNADTsaxulHe)"
     R"(gGEKQuZpriSKp6TT+GR4dZ+MhuQ)"},
    {"pbkdf2-sha256 of 32 bytes",
     R"({"type":"password","secretData":"{\"value\":\"ca8InSiwZ1RMN6HdRqR4W1nKYDufTNYro6hmhcCzeiA=\",\"salt\":\"EBESEx)"
     R"(QVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData":"{\"hashIterations\":27500,\"algorithm\":\)"
     R"("pbkdf2-sha256\",\"additionalParameters\":{}}"})",
     R"($pbkdf2-sha256$i=27500,l=32$EBESExQVFhcYGRobHB0eHw$ca8InSiwZ1RMN6HdRqR4W1nKYDufTNYro6hmhcCzeiA)"},
    {"pbkdf2 (SHA-1)",
     R"({"type":"password","secretData":"{\"value\":\"mkXiuzpUkGdgarlRzVt6HM4ng2HB9N6SC0ZamyZX2jakRJdgi/2rOpATCp2CMDUW)"
     R"(3b+cKE8rzNAOnMx6gjMX9Q==\",\"salt\":\"EBESExQVFhcYGRobHB0eHw==\",\"additionalParameters\":{}}","credentialData)"
     R"(":"{\"hashIterations\":20000,\"algorithm\":\"pbkdf2\",\"additionalParameters\":{}}"})",
     R"($pbkdf2$i=20000,l=64$EBESExQVFhcYGRobHB0eHw$mkXiuzpUkGdgarlRzVt6HM4ng2HB9N6SC0ZamyZX2jakRJdgi/2rOpATCp2CMDUW3b)"
     R"(+cKE8rzNAOnMx6gjMX9Q)"},
};

}  // namespace tessera::sessions
