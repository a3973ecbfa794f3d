#ifndef CRK_H
#define CRK_H
#endif
