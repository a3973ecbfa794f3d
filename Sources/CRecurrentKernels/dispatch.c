#include "crk.h"
