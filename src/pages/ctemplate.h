// ctemplate, with what its headers forget to include.
#pragma once

// clang-format off
#include <string.h>
#include <ctemplate/template.h>
// clang-format on
