// Whose the server's files are, whoever gives a command: the owner of the folder that they stand in.
#pragma once

#include <sys/types.h>

#include <optional>
#include <string>

namespace tessera::base {

/// Its number where it has no name.
std::string user_name(uid_t user);

/// Nothing when the path can't be looked at.
std::optional<uid_t> owner_of(const std::string& path);

/// Gives a file to a user, where root runs this: a command that root gives on a stopped server must not lock the server out. Only a regular
/// file of root's own that has one name: one that leads elsewhere is nobody's to give. False, with errno, when it can't.
bool give_to(int file, uid_t user);

/// "PATH: what errno says"; where rights are missing, also as whom to run instead.
std::string system_error(const std::string& path);

}  // namespace tessera::base
